"""A devnet that is served to a client, and interrupted at the end."""

import json
import signal
import subprocess
import sys
import threading
import urllib.request

# A slot takes a second, ten slots are a session; the run is longer than any client.
ARGUMENTS = ["dev", "--rpc", "0", "--real-time=6", "--keep-serving", "--session-length", "10", "--blocks", "5000"]


class Devnet:
    def __init__(self, program, *more):
        self.process = subprocess.Popen(
            [program, *ARGUMENTS, *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        said = []
        for line in self.process.stderr:
            said.append(line)
            if " at ws://" in line:
                self.address = line.split(" at ws://")[1].strip()
                self.url = f"ws://{self.address}"
                # Nobody waits for what else it says to be read.
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
        sys.exit(f"the devnet ended before it served: {''.join(said)}")

    def ask(self, method, *params):
        """One request over HTTP."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(
            f"http://{self.address}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer = json.load(answer)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["result"]

    def end(self):
        """Interrupts it. It has to end well, and soon."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            sys.exit("the devnet did not end when it was interrupted")
        if self.process.returncode:
            sys.exit(f"the devnet ended with {self.process.returncode}")
