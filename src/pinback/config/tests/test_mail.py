"""`EMAIL_URL` becomes Django's settings, and a spelling that nobody knows is told at the start."""

import pytest

from pinback.config.mail import mail, sender


def test_without_a_url_nothing_goes_out() -> None:
    assert mail("") == {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}


def test_a_mail_server_is_spoken_to_encrypted_and_not_waited_for_without_end() -> None:
    found = mail("submission://me%40shop.example:p%2Fw@mail.example")
    assert found["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@shop.example", "p/w")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"], found["EMAIL_TIMEOUT"]) == (True, False, 10)


def test_other_ports_and_kinds_of_encryption_can_be_said() -> None:
    found = mail("smtp://mail.example:465/?ssl=1&timeout=3")
    assert (found["EMAIL_PORT"], found["EMAIL_USE_SSL"], found["EMAIL_TIMEOUT"]) == (465, True, 3)


def test_the_folder_of_a_file_is_the_same_wherever_one_starts() -> None:
    assert mail("file:///var/lib/mail")["EMAIL_FILE_PATH"] == "/var/lib/mail"
    assert mail("console:")["EMAIL_BACKEND"].endswith("console.EmailBackend")


@pytest.mark.parametrize("url", ["mail.example", "imap://mail.example", "https://mail.example"])
def test_what_is_no_way_for_mail_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="EMAIL_URL"):
        mail(url)


def test_mail_is_from_whom_the_operator_says_or_from_the_host() -> None:
    assert sender("Tea <tea@shop.example>", "https://x.example") == "Tea <tea@shop.example>"
    assert sender("", "https://shop.example:8443") == "noreply@shop.example"
    assert sender("", "") == "noreply@localhost"
