"""A lab whose servers are watched: something is done just before a statement reaches its server."""
import os
import threading

from lab import Lab, expect
from proxy import proxied_ini


class WatchedLab(Lab):
    """Behind proxies. What is to happen before a statement happens once, while it is kept waiting."""

    def __init__(self, *words, **options):
        super().__init__(*words, **options)
        self.awaited, self.happens, self.problem = None, None, None
        self.lock, self.over = threading.Lock(), threading.Event()
        self.over.set()  # nothing is awaited yet
        self.proxies = {}
        self.direct_ini = self.ini
        proxied = os.path.join(self.directory, "proxied.ini")
        self.proxies = proxied_ini(self.ini, proxied, on_batch=self.look)
        self.ini = proxied

    def look(self, batch):
        with self.lock:  # each connection has a thread
            if self.awaited is None or not batch.strip().startswith(self.awaited):
                return
            self.awaited = None
        try:
            self.happens()
        except Exception as error:  # told by the test, not lost in the proxy's thread
            self.problem = error
        self.over.set()

    def before(self, statement, happens):
        """statement: what its text begins with."""
        self.over.clear()
        self.awaited, self.happens = statement.strip(), happens

    def happened(self, seconds=0):
        """Waits so long until it has."""
        expect(self.over.wait(seconds), f"never sent: {self.awaited}")
        expect(self.problem is None, f"the state could not be broken: {self.problem}")

    def stop(self):
        for proxy in self.proxies.values():
            proxy.close()
        super().stop()
