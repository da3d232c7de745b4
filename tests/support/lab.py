"""Starting the lab and the program for end-to-end tests. Everything ends with the test."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from proxy import read_ini

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
if not os.path.isabs(BUILD):
    BUILD = os.path.join(ROOT, BUILD)
STOPMARK = os.path.join(BUILD, "stopmark")
LAB = os.path.join(BUILD, "stopmark-lab")


class Failure(Exception):
    """An expectation that was not met."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def wait_for(look, seconds, text):
    """Calls look() until it is true; its value. Failure after the time."""
    end = time.monotonic() + seconds
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"not within {seconds} s: {text}")
        time.sleep(0.02)  # pause between looks


def built_in(name):
    """A built-in scenario of the lab, to be changed."""
    path = os.path.join(ROOT, "tests", "lab", "scenarios", f"{name}.json")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def two_days_of_contoso():
    """contoso with the sets of two days: most tests need no more, and a history of fourteen takes
    the lab and every command seven times as long."""
    scenario = built_in("contoso")
    scenario["history"] = {"days": 2, "mark_ms": scenario["history"]["mark_ms"], "behind": 1}
    return scenario


def clean_environment(**more):
    """Of a person who never set anything for stopmark or FreeTDS."""
    environment = {k: v for k, v in os.environ.items()
                   if k not in ("STOPMARK_CONFIG", "NO_COLOR", "TDSDUMP")}
    return dict(environment, LC_ALL="C.UTF-8", TZ="UTC", **more)


class Estate:
    """A running lab, whoever started it: its directory, in which it has its configuration and log."""

    def __init__(self, directory):
        self.directory = directory
        self.ini = os.path.join(directory, "stopmark.ini")
        self.log = os.path.join(directory, "lab.log")
        self.state = os.path.join(directory, "state")
        self.scripted = set()  # (server, database) of the plans that were written as scripts
        self.forgotten = False  # its journals are gone: a run's roster is not to be known any more

    def environment(self):
        return clean_environment(XDG_STATE_HOME=self.state)

    def run(self, *words, config=None, seconds=60, **options):
        """stopmark -c INI words...: the completed process with text output."""
        command = [STOPMARK, words[0], "-c", config or self.ini, *words[1:]]
        return subprocess.run(command, env=self.environment(), text=True, timeout=seconds,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False, **options)

    def json(self, *words, status=0, **options):
        done = self.run(*words, "--json", **options)
        expect(done.returncode == status,
               f"{' '.join(words)} --json: status {done.returncode}, not {status}\n{done.stderr}")
        return json.loads(done.stdout)

    def check_proof_order(self):
        """Whatever a test did: no database was recovered before all of its group were proven, and no
        job that recovers was started before its own gate. Asked of the lab's log, which needs no
        server that answers and no login that may look."""
        import record  # needs the lab itself
        rows, starts = record.read_log(self)
        record.proof_order(rows, record.rosters(self, rows))
        record.jobs_gate(rows, starts)


class Lab(Estate):
    """A running stopmark-lab with its configuration in a directory of its own. scenario: a name or
    a file, or a scenario itself; None = two_days_of_contoso()."""

    def __init__(self, scenario=None, speed=0, extra=()):
        super().__init__(tempfile.mkdtemp(prefix="stopmark-test-"))
        if not isinstance(scenario, str):
            scenario = self.write_scenario(scenario or two_days_of_contoso())
        self.process = subprocess.Popen(
            [LAB, "--scenario", scenario, "--port-base", "0", "--speed", str(speed),
             "--ini", self.ini, "--log", self.log, *extra],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        expect(line == "ready\n", f"the lab said {line!r}, not ready")

    def write_scenario(self, scenario):
        path = os.path.join(self.directory, "scenario.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(scenario, file)
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def sources(self, alive):
        self.process.send_signal(signal.SIGUSR2 if alive else signal.SIGUSR1)

    def sources_die(self):
        """Kills the sources and waits until nobody can connect to them."""
        sections = read_ini(getattr(self, "direct_ini", self.ini)).values()
        ports = [int(s["port"]) for s in sections if s.get("role") == "source"]
        self.sources(False)

        def dead():
            for port in ports:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    return False
                except OSError:
                    pass
            return True
        wait_for(dead, 20, "the sources are dead")

    def stop(self):
        try:
            self.check_proof_order()
        finally:
            self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Failure("the lab did not end on SIGTERM")
        self.process.stdout.close()
        code = self.process.returncode
        shutil.rmtree(self.directory, ignore_errors=True)
        expect(code == 0, f"the lab ended with status {code}")


def main(tests):
    """Runs the test functions named on the command line, or all; the exit status tells."""
    wanted = sys.argv[1:]
    passed, failed = 0, 0
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        started = time.monotonic()
        try:
            test()
            passed += 1
            outcome = "ok"
        except Exception as error:  # the tests behind it run all the same
            failed += 1
            outcome = f"FAILED: {type(error).__name__}: {error}"
        print(f"{test.__name__.replace('_', ' ')}: {outcome} ({time.monotonic() - started:.1f} s)",
              flush=True)
    print(f"{os.path.basename(sys.argv[0])}: {passed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)
