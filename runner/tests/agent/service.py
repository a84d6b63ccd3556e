"""A small web service as people write them: takes a handed-over socket, ends politely on SIGTERM."""
import os, signal, socket, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

time.sleep(float(open("slow").read()) if os.path.exists("slow") else 0)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        sick = self.path == "/health" and os.path.exists("sick")
        body = f"{os.environ['TIDEGATE_RELEASE']} {os.getpid()} {os.environ.get('COLOUR', '')}".encode()
        self.send_response(500 if sick else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256


server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler, bind_and_activate=False)
if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
    server.socket.close()
    server.socket = socket.socket(fileno=3)
    server.socket.setblocking(False)
else:
    server.server_bind()
    server.server_activate()
stubborn = float(open("stubborn").read()) if os.path.exists("stubborn") else 0
signal.signal(signal.SIGTERM, lambda *_: threading.Timer(stubborn, server.shutdown).start())
print("serving", os.environ["TIDEGATE_RELEASE"], flush=True)
server.serve_forever(poll_interval=0.02)
server.server_close()
