"""python3-tds with the patience that a busy machine asks for."""
import pytds


def connect(port, seconds=10, **options):
    """A connection to a port of this machine. python3-tds gives the first answer 8 % of
    login_timeout and tries no second time when that is over: here it gets more, twice."""
    for login_timeout in (seconds, 4 * seconds, 16 * seconds):
        try:
            return pytds.connect(dsn="127.0.0.1", port=port, autocommit=True,
                                 login_timeout=login_timeout, **options)
        except TimeoutError as error:
            late = error
    raise late
