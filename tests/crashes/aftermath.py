"""What must be so after a crash, at once, and when the stream was sent again."""

import subprocess
from pathlib import Path

from django.db import connections

from pinback.settlement.audit import audit
from pinback.settlement.document import state_document
from tests.races.market import check_quiet
from tests.support.databases import alias_of
from tests.support.pinback import run_pinback
from tests.support.rows import run_sql
from tests.support.settling import fold_stream


def check_between(address: str) -> int:
    """Right after a crash the tables are what the log gives, however long it is; returns its length."""
    with alias_of(address) as alias:
        if "settlement_event" not in connections[alias].introspection.table_names():
            return 0
        assert [str(difference) for difference in audit(using=alias)] == []
        return int(run_sql(alias, "SELECT count(*) FROM settlement_event")[0][0])


def check_line(process: "subprocess.Popen[bytes]") -> bool:
    """Whether it was stopped: it says so in one line, with what to do, and ends with 2."""
    _, err = process.communicate(timeout=60)
    if process.returncode == 0:
        return False
    assert process.returncode == 2, err
    line = err.decode()
    assert len(line.splitlines()) == 1, line
    assert line.startswith(("pinback: the database failed after ", "pinback: cannot use the database: ")), (
        line
    )
    assert "Traceback" not in line
    if "failed after" in line:
        assert line.endswith("; run the same command again to continue\n"), line
    return True


def check_undisturbed(process: "subprocess.Popen[bytes]", decisions: Path, events: Path) -> None:
    """It came to its end and said to the byte what a run says that nobody disturbed."""
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b" 0 duplicates, 0 refused" in err, err
    assert decisions.read_bytes() == b"".join(fold_stream(events.read_bytes())[0])


def check_after(address: str, events: Path) -> None:
    """Run to the end, all is as after a run that nobody disturbed."""
    ran = run_pinback("settle", events, "--database", address)
    assert (ran.code, " 0 refused" in ran.err) == (0, True), ran.err
    with alias_of(address) as alias:
        assert b"".join(state_document(alias)) == fold_stream(events.read_bytes())[1]
        assert [str(difference) for difference in audit(using=alias)] == []
        check_quiet(alias)
