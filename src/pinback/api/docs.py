"""The page that shows the API's description: django-ninja's, with the files that are served from here."""

from ninja.openapi.docs import ABS_TPL_PATH, Swagger


class LocalSwagger(Swagger):
    """Swagger's page. django-ninja would take its scripts from other people's servers where it is no app of
    the settings; and it is none, for then every command would have to import it.
    """

    template_cdn = str(ABS_TPL_PATH / "swagger.html")
