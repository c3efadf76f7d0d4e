#!/usr/bin/python3
"""usage: api_documents_test.py DOCS_API
Sends every request of docs/api/ to the hub at $SSE_URL: each example of openapi.yaml and each request of the
.http files. Each answer must have a status, header fields and a body that openapi.yaml describes. Requests go with
the token of $SSE_TOKEN, if it is set, but for those whose example says `Authorization: none`."""

import http.client
import json
import os
import pathlib
import re
import sys
import unittest
import urllib.parse
import uuid

import jsonschema
import yaml

EXISTING_METRIC = "019bd1f0-63d2-7a52-9b8a-30c3ad0c5c5e"  # in examples: one that exists
FRESH_KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"  # in examples: one that was not used before
METHODS = ("get", "post", "put", "delete")
TOKEN = os.environ.get("SSE_TOKEN", "")
DOCUMENTS = pathlib.Path(sys.argv.pop()) if len(sys.argv) > 1 else pathlib.Path("docs/api")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.media_type = response.headers.get_content_type() if "Content-Type" in response.headers else None
        if self.media_type == "text/event-stream":
            self.body = response.read1(65536)  # the first chunk: the greeting
        else:
            self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Hub:
    def __init__(self, url):
        self.url = url
        self._address = urllib.parse.urlsplit(url).netloc

    def send(self, method, target, headers=None, body=None):
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            encoded = body.encode() if body is not None else None
            fields = {"Host": self._address, **({"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}), **(headers or {})}
            if fields.get("Authorization") == "none":
                del fields["Authorization"]
            connection.request(method, target, encoded, fields)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def create_metric(self):
        return self.send("POST", "/metrics", body='{"name": "documents"}').json()["id"]


class Contract:
    """openapi.yaml: which operation a request is, and what its answer may be."""

    def __init__(self, document):
        self.document = document
        self._resolver = jsonschema.RefResolver.from_schema(document)

    def resolve(self, node):
        while "$ref" in node:
            node = self._resolver.resolve(node["$ref"])[1]
        return node

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def parameters(self, path, operation):
        shared = self.document["paths"][path].get("parameters", [])
        return [self.resolve(parameter) for parameter in [*shared, *operation.get("parameters", [])]]

    def find(self, method, target):
        """The operation that a target is for: an exact path goes before one with a parameter."""
        path = urllib.parse.urlsplit(target).path
        found = [
            (template, operation)
            for verb, template, operation in self.operations()
            if verb == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
        ]
        return min(found, key=lambda entry: entry[0].count("{"), default=(None, None))

    def problems(self, operation, answer, documented_only):
        responses = operation["responses"]
        response = responses.get(str(answer.status), None if documented_only else responses.get("default"))
        if response is None:
            return [f"status {answer.status} is not in the document: {answer.body[:300]!r}"]
        response = self.resolve(response)
        return [*self._header_problems(response, answer), *self._body_problems(response, answer)]

    def _header_problems(self, response, answer):
        for name, header in response.get("headers", {}).items():
            header = self.resolve(header)
            if answer.headers[name] is None:
                if header.get("required"):
                    yield f"the header {name} is missing"
            else:
                yield from self._schema_problems(header["schema"], answer.headers[name], name)

    def _body_problems(self, response, answer):
        content = response.get("content")
        if content is None:
            if answer.body:
                yield f"a body where there should be none: {answer.body[:100]!r}"
        elif answer.media_type not in content:
            yield f"{answer.media_type} is not one of {list(content)}"
        elif answer.media_type == "application/json":
            yield from self._schema_problems(content["application/json"]["schema"], answer.json(), "body")

    def _schema_problems(self, schema, value, name):
        validator = jsonschema.Draft202012Validator(schema, resolver=self._resolver)
        for error in validator.iter_errors(value):
            yield f"{name}{error.json_path[1:]}: {error.message[:300]}"


def examples_of(node):
    return [example["value"] for example in node.get("examples", {}).values()]


class OpenApiTest(unittest.TestCase):
    """Every example of openapi.yaml."""

    def requests(self, path, operation):
        """(target, headers, body): each body, then each example of each parameter beside the first body."""
        parameters = CONTRACT.parameters(path, operation)
        bodies = [
            (media_type, value if isinstance(value, str) else json.dumps(value))
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
            for value in examples_of(content)
        ] or [(None, None)]
        plain = {p["name"]: examples_of(p)[0] for p in parameters if p["in"] == "path"}
        for media_type, body in bodies:
            yield self.request(path, parameters, plain, media_type, body)
        for parameter in parameters:
            self.assertTrue(examples_of(parameter), f"{path}: {parameter['name']} has no example")
            for value in examples_of(parameter):
                yield self.request(path, parameters, {**plain, parameter["name"]: value}, *bodies[0])

    @staticmethod
    def request(path, parameters, values, media_type, body):
        headers = {"Content-Type": media_type} if media_type else {}
        query = []
        for parameter in parameters:
            name, value = parameter["name"], values.get(parameter["name"])
            if value is None:
                continue
            if parameter["in"] == "path":
                path = path.replace("{" + name + "}", value)
            elif parameter["in"] == "header":
                headers[name] = value
            else:
                for one in value if isinstance(value, list) else [value]:
                    query.append((name, json.dumps(one) if isinstance(one, bool) else str(one)))
        return path + ("?" + urllib.parse.urlencode(query) if query else ""), headers, body

    def test_every_example_is_answered_as_described(self):
        sent = 0
        for method, path, operation in CONTRACT.operations():
            for target, headers, body in self.requests(path, operation):
                metric = HUB.create_metric()
                target = target.replace(EXISTING_METRIC, metric)
                body = body and body.replace(EXISTING_METRIC, metric)
                headers = {name: value.replace(FRESH_KEY, str(uuid.uuid4())) for name, value in headers.items()}
                with self.subTest(method=method, target=target, headers=headers, body=body):
                    answer = HUB.send(method, target, headers, body)
                    self.assertEqual(CONTRACT.problems(operation, answer, documented_only=True), [])
                    sent += 1
        print(f"openapi.yaml: {sent} requests as described")

    def test_the_document_has_every_method_of_its_paths(self):
        for path, item in CONTRACT.document["paths"].items():
            with self.subTest(path=path):
                answer = HUB.send("OPTIONS", path.replace("{id}", EXISTING_METRIC))
                served = set(answer.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"}
                self.assertEqual(served, {method.upper() for method in METHODS if method in item})

    def test_the_schemas_are_schemas(self):
        for name, schema in CONTRACT.document["components"]["schemas"].items():
            with self.subTest(schema=name):
                jsonschema.Draft202012Validator.check_schema(schema)


class HttpFile:
    """A .http file: requests under headings `### What it is: STATUS`."""

    def __init__(self, path):
        preamble, *sections = re.split(r"^### ", path.read_text(), flags=re.MULTILINE)
        self.variables = dict(re.findall(r"^@(\w+) *= *(.+)$", preamble, flags=re.MULTILINE))
        self.requests = [self._request(section) for section in sections]

    @staticmethod
    def _request(section):
        heading, rest = section.split("\n", 1)
        name = re.search(r"^# @name (\w+)$", rest, flags=re.MULTILINE)
        head, _, body = re.sub(r"^# .*\n", "", rest, flags=re.MULTILINE).partition("\n\n")
        first, *fields = head.splitlines()
        method, url = first.split(" ", 1)
        return {
            "heading": heading,
            "status": int(heading.rsplit(": ", 1)[1]),
            "name": name and name[1],
            "method": method,
            "url": url,
            "headers": dict(field.split(": ", 1) for field in fields),
            "body": body.strip("\n") or None,
        }


class HttpFilesTest(unittest.TestCase):
    """Every request of the .http files, in their order."""

    def run_file(self, path):
        file = HttpFile(path)
        values = {**file.variables, "hub": ""}

        def filled(text):
            return re.sub(r"\{\{([\w.]+)\}\}", lambda match: values[match[1]], text) if text else text

        for request in file.requests:
            method, target = request["method"], filled(request["url"])
            with self.subTest(file=path.name, request=request["heading"]):
                headers = {field: filled(value) for field, value in request["headers"].items()}
                answer = HUB.send(method, target, headers, filled(request["body"]))
                self.assertEqual(answer.status, request["status"], answer.body[:300])
                _, operation = CONTRACT.find(method, target)
                if operation:
                    self.assertEqual(CONTRACT.problems(operation, answer, documented_only=False), [])
                for key, value in (answer.json() if request["name"] else {}).items():
                    values[f"{request['name']}.response.body.{key}"] = str(value)
            yield method, target

    def test_every_request_is_answered_as_its_heading_says(self):
        files = sorted(DOCUMENTS.glob("*.http"))
        self.assertTrue(files)
        sent = [request for path in files for request in self.run_file(path)]
        print(f"{len(files)} .http files: {len(sent)} requests as their headings say")

        tried = {(method, CONTRACT.find(method, target)[0]) for method, target in sent}
        missing = {(method, path) for method, path, _ in CONTRACT.operations()} - tried
        self.assertEqual(missing, set(), "operations of openapi.yaml that no .http file tries")


HUB = Hub(os.environ["SSE_URL"])
CONTRACT = Contract(yaml.safe_load((DOCUMENTS / "openapi.yaml").read_text()))

if __name__ == "__main__":
    unittest.main()
