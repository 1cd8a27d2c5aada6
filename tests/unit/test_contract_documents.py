"""The contract's documents are valid, and say what the code does."""

from __future__ import annotations

import copy
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import workbench_server
from bodies import SPEC_BODY
from openapi_spec_validator import OpenAPIV31SpecValidator

import workbench.runs
import workbench.streams
from workbench.contract import (
    asyncapi,
    closing,
    facts,
    failures,
    files,
    openapi,
    parameters,
    schemas,
)
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.messages import MESSAGE_TYPES
from workbench.runs import request
from workbench.streams import StreamQuery
from workbench.streams.query import PARAMETERS

ASYNCAPI_SCHEMA = Path(__file__).parents[1] / "support" / "asyncapi" / "asyncapi-3.0.0.json"


def document(name):
    return json.loads(files.content(name))


@pytest.fixture(scope="module")
def asyncapi_validator():
    return jsonschema.Draft7Validator(json.loads(ASYNCAPI_SCHEMA.read_text()))


def test_the_schemas_are_json_schemas():
    made = document("schemas.json")
    assert made["$schema"] == schemas.DIALECT
    jsonschema.Draft202012Validator.check_schema(made)


def test_the_asyncapi_document_is_valid(asyncapi_validator):
    problems = [e.json_path + ": " + e.message for e in asyncapi_validator.iter_errors(
        document("asyncapi.json")
    )]  # fmt: skip
    assert problems == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda doc: doc.pop("info"),
        lambda doc: doc["operations"]["tellStory"].update(action="shout"),
        lambda doc: doc["channels"]["backtest"]["bindings"]["ws"].update(method="PUT"),
        lambda doc: doc["components"]["schemas"]["Trade"].update(type="thing"),
        lambda doc: doc["components"]["securitySchemes"]["token"].update({"in": "body"}),
    ],
)
def test_the_asyncapi_schema_at_hand_refuses_what_is_wrong(asyncapi_validator, spoil):
    wrong = copy.deepcopy(document("asyncapi.json"))
    spoil(wrong)
    assert not asyncapi_validator.is_valid(wrong)


def test_the_openapi_document_is_valid():
    assert [str(e) for e in OpenAPIV31SpecValidator(document("openapi.json")).iter_errors()] == []


@pytest.mark.parametrize("name", ["schemas.json", "asyncapi.json", "openapi.json"])
def test_every_reference_leads_somewhere(name):
    made = document(name)

    def references(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            mapping = value.get("discriminator", {}).get("mapping", {})
            yield from mapping.values()
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    found = set(references(made))
    assert found
    for reference in found:
        place = made
        for part in reference.removeprefix("#/").split("/"):
            assert part in place, reference
            place = place[part]


def test_every_message_type_is_described_with_its_delivery_class():
    made = document("schemas.json")
    told = document("asyncapi.json")["components"]["messages"]
    for kind, cls in MESSAGE_TYPES.items():
        name = made["x-messages"][kind]["$ref"].removeprefix("#/$defs/")
        schema = made["$defs"][name]
        assert schema["properties"]["type"] == {"const": kind}
        assert schema["$anchor"] == f"message-{kind}"
        assert schema["x-delivery"] == told[kind]["x-delivery"] == cls.delivery.value
        assert schema["description"]


def test_units_are_noted_where_one_name_has_two():
    defs = schemas.document()["$defs"]

    def unit(name, field):
        return defs[name]["properties"][field]["x-unit"]

    assert unit("MetricsData", "max_drawdown").startswith("fraction")
    assert unit("FinalMetrics", "max_drawdown").startswith("percent")
    assert unit("TradeExtra", "commission").startswith("currency")
    assert unit("RunSpec", "commission").startswith("fraction")
    assert unit("EquityColumns", "time").startswith("milliseconds")


def test_facts_speak_of_fields_there_are():
    structs = {cls.__name__ for root in schemas.ROOTS.values() for cls in schemas.structs([root])}
    classes = {
        base.__name__: base
        for root in schemas.ROOTS.values()
        for cls in schemas.structs([root])
        for base in cls.__mro__
    }
    for key in facts.FIELDS:
        name, field = key.split(".")
        assert name in classes, key
        assert field == "extra" or field in classes[name].__struct_fields__, key
    for name, fields in facts.BEYOND.items():
        assert name in structs
        assert set(fields) <= set(classes[name].__struct_fields__), name
    fields = {field for name in structs for field in classes[name].__struct_fields__}
    assert set(facts.BY_NAME) <= fields


def test_the_stream_parameters_are_those_the_server_reads():
    assert [each.name for each in parameters.STREAM] == list(PARAMETERS), (
        "describe each of workbench.streams.query.PARAMETERS by a row of "
        "workbench.contract.parameters.STREAM"
    )
    query = document("asyncapi.json")["channels"]["backtest"]["bindings"]["ws"]["query"]
    assert list(query["properties"]) == list(PARAMETERS)


@pytest.mark.parametrize("each", parameters.STREAM, ids=lambda each: each.name)
def test_the_bounds_of_a_stream_parameter_are_the_servers(each):
    def accepted(value):
        try:
            StreamQuery.parse({"replay": "1", each.name: str(value)})
        except InvalidRequest:
            return False
        return True

    schema = each.schema
    fitting = [*schema.get("enum", ()), *([each.example] if each.example else ())]
    fitting += [schema[key] for key in ("minimum", "maximum", "default") if key in schema]
    for value in fitting:
        assert accepted(value), value
    if "minimum" in schema:
        assert not accepted(schema["minimum"] - 1)
        assert not accepted(schema["maximum"] * 10)
    if "enum" in schema:
        assert not accepted("another")
    if "pattern" in schema:
        for text in (each.example, "nonsense!", "trade,nonsense", "10x", "max", "-1"):
            fits = jsonschema.Draft202012Validator(schema).is_valid(text)
            assert accepted(text) == fits, text


@pytest.mark.parametrize(
    "field", [key.split(".")[1] for key in facts.FIELDS if key.startswith("StartRequest.")]
)
def test_the_bounds_of_the_start_body_are_the_servers(field, tmp_path):
    fact = facts.FIELDS[f"StartRequest.{field}"]

    def accepted(value):
        body = json.dumps({**SPEC_BODY, field: value}).encode()
        refused = None
        try:
            request.check(body, tmp_path)
        except InvalidRequest as error:
            refused = error
        assert refused is None or refused.details["field"] == field
        return refused is None

    if "minimum" in fact:
        assert accepted(fact["minimum"])
        assert not accepted(fact["minimum"] - 1)
    if "exclusiveMinimum" in fact:
        assert not accepted(fact["exclusiveMinimum"])
        assert accepted(fact["exclusiveMinimum"] + 0.01)
    if "maximum" in fact:
        assert accepted(fact["maximum"] if field[-6:] != "_every" else int(fact["maximum"]))
        assert not accepted(fact["maximum"] * 2)
    if "maxLength" in fact:
        assert accepted("x" * fact["maxLength"])
        assert not accepted("x" * (fact["maxLength"] + 1))
    if "minItems" in fact:
        assert not accepted([])
    if "maxItems" in fact:
        assert not accepted(SPEC_BODY[field] * (fact["maxItems"] + 1))


def modules(package):
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def test_every_error_on_the_wire_is_in_the_table():
    for package in (workbench.streams, workbench.runs, workbench_server):
        list(modules(package))

    def kinds(root):
        return {root}.union(*(kinds(child) for child in root.__subclasses__()))

    told = {failure.code: failure for failure in failures.failures()}
    assert len(told) == len(failures.failures()), "two kinds of errors have one code"
    for kind in kinds(WorkbenchError):
        if not kind.__module__.startswith(("workbench.", "workbench_server.")):
            continue
        assert kind.code in told, (
            f"add {kind.__module__!r} to ROOMS in workbench/contract/failures.py"
        )
        assert told[kind.code].status == kind.status
        assert told[kind.code].description


def test_every_close_code_of_the_server_is_in_the_table():
    told = [each.code for each in closing.CLOSE_CODES]
    assert told == sorted(set(told))
    used = {
        f"{module.__name__}.{name}": value
        for module in modules(workbench_server)
        for name, value in vars(module).items()
        if name.startswith("CLOSE_") and isinstance(value, int)
    }
    assert used
    for path in Path(workbench_server.__file__).parent.rglob("*.py"):
        for code in re.findall(r"\bclose\(\s*(\d{4})\b", path.read_text()):
            used[f"{path.name}: close({code})"] = int(code)
    missing = {name: value for name, value in used.items() if value not in told}
    assert missing == {}, "add these to workbench/contract/closing.py"


def test_every_example_in_the_asyncapi_document_fits_its_payload():
    made = document("asyncapi.json")
    shown = 0
    for name, message in made["components"]["messages"].items():
        checker = jsonschema.Draft7Validator({**made, **message["payload"]})
        for example in message["examples"]:
            assert [e.message for e in checker.iter_errors(example["payload"])] == [], name
            shown += 1
        assert not checker.is_valid({"type": "nonsense"}), name
    assert shown >= len(MESSAGE_TYPES)


def test_every_example_in_the_openapi_document_fits_its_body():
    made = document("openapi.json")
    shown = 0
    for methods in made["paths"].values():
        for operation in methods.values():
            body = "requestBody" in operation and operation["requestBody"]["content"]
            for shape in (body or {}).values():
                checker = jsonschema.Draft202012Validator({**made, **shape["schema"]})
                assert shape["examples"]
                for example in shape["examples"].values():
                    assert [e.message for e in checker.iter_errors(example["value"])] == []
                    shown += 1
                assert not checker.is_valid({"nonsense": 1})
    assert shown


def test_a_server_that_nobody_asks_for_the_contract_does_not_make_it():
    code = (
        "import sys, workbench_server.app; "
        "print([m for m in sys.modules if m.startswith('workbench.contract.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['workbench.contract.files']"


def test_the_documents_are_made_of_plain_json():
    for made in (schemas.document(), asyncapi.document(), openapi.document()):
        assert json.loads(json.dumps(made)) == made
