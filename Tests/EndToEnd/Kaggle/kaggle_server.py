"""A stand-in for Kaggle's servers on loopback, for Kaggle's real program.

kaggle_server.py FOLDER: prints its port. In FOLDER are archive.zip, to be downloaded; `scenario`, read at each
request, the word for what goes wrong; and `requests`, to which the name of each method that was called is added.
"""

import datetime
import http.server
import json
import os
import sys

folder = sys.argv[1]
submissions = []
uploaded = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def scenario(self):
        try:
            return open(f"{folder}/scenario").read().split()
        except FileNotFoundError:
            return []

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        uploaded[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({})

    def do_POST(self):
        method = self.path.split("/")[-1]
        length = int(self.headers.get("Content-Length") or 0)
        request = json.loads(self.rfile.read(length) or b"{}")
        with open(f"{folder}/requests", "a") as log:
            log.write(method + "\n")
        scenario = self.scenario()
        failures = {
            "unauthorized": (401, "Unauthenticated"),
            "rules": (403, "403 - You cannot submit until you accept the competition rules"),
            "missing": (404, "Not found"), "limited": (429, "Too many requests"), "broken": (500, "Internal"),
            "quota": (400, "You have used all of your submissions for today"),
        }
        for name, (status, message) in failures.items():
            if name in scenario and (name != "quota" or method == "CreateSubmission"):
                return self.answer({"code": status, "message": message}, status)
        getattr(self, method, lambda _: self.answer({"code": 404, "message": method}, 404))(request)

    def DownloadDataFiles(self, request):
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{port}/storage/digit-recognizer.zip?signed=1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        data = open(f"{folder}/archive.zip", "rb").read()
        start = int(self.headers["Range"].split("=")[1].rstrip("-")) if "Range" in self.headers else 0
        with open(f"{folder}/requests", "a") as log:
            log.write(f"from {start}\n")
        self.send_response(206 if start else 200)
        for name, value in [
            ("Content-Type", "application/zip"), ("Content-Length", str(len(data) - start)),
            ("Accept-Ranges", "bytes"), ("ETag", '"1"'),
            ("Last-Modified", "Mon, 02 Mar 2020 00:00:00 GMT"),
        ]:
            self.send_header(name, value)
        self.end_headers()
        if "half" in self.scenario() and not start:
            # The connection is cut in the middle, once.
            self.wfile.write(data[start:len(data) // 2])
            self.close_connection = True
            return
        self.wfile.write(data[start:])

    def StartSubmissionUpload(self, request):
        name = f"/upload/{len(uploaded)}"
        self.answer({"token": name, "createUrl": f"http://127.0.0.1:{port}{name}"})

    def CreateSubmission(self, request):
        with open(f"{folder}/uploaded", "wb") as file:
            file.write(uploaded[request["blobFileTokens"]])
        submissions.append({
            "ref": 4242 + len(submissions), "fileName": "first.csv", "date": "2026-11-27T10:00:00Z",
            "description": request.get("submissionDescription", ""), "status": "PENDING",
            "publicScore": "", "privateScore": "",
        })
        self.answer({"message": "Successfully submitted to Digit Recognizer", "ref": submissions[-1]["ref"]})

    def scored(self, submission):
        if "pending" in self.scenario():
            return submission
        if "unscored" in self.scenario():
            return submission | {"status": "ERROR", "errorDescription": "Submission has null values"}
        return submission | {"status": "COMPLETE", "publicScore": "0.99757"}

    def ListSubmissions(self, request):
        self.answer({"submissions": [self.scored(submission) for submission in reversed(submissions)]})

    def GetSubmission(self, request):
        found = [submission for submission in submissions if submission["ref"] == request["ref"]]
        self.answer(self.scored(found[0]))

    # What the notebook's folders need.

    def StartBlobUpload(self, request):
        self.StartSubmissionUpload(request)

    def CreateDataset(self, request):
        self.answer({"ref": "x/kaggle-digits", "url": "http://127.0.0.1/x/kaggle-digits", "status": "ok"})

    def GetDataset(self, request):
        self.answer({"code": 404, "message": "no such dataset"}, 404)

    def SaveKernel(self, request):
        with open(f"{folder}/kernel", "w") as file:
            json.dump(request, file)
        self.answer({"ref": "/code/x/digit-recognizer-by-kaggle-digits", "versionNumber": 1,
                     "url": "http://127.0.0.1/x"})

    def GetSubmissionLimits(self, request):
        left = 0 if "used" in self.scenario() else 5 - len(submissions)
        self.answer({"numToday": len(submissions), "numTotal": len(submissions), "numAllowedNow": left})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
port = server.server_address[1]
print(port, flush=True)
server.serve_forever()
