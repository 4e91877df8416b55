#!/usr/bin/env python3
"""Checks the manifest that `jobs --for kubernetes` prints, without a Kubernetes.

    Tests/Clusters/kubernetes.py MANIFEST.yaml [--tasks NUMBER]

First against the models of Kubernetes' Python client (pip install kubernetes==37.0.2 PyYAML): every key has to be known, of
the right type, and none that is required may be missing. Then against the rules of Kubernetes' API server for such a job,
and against what the kit's tasks need of it. At last the checker is checked: it has to refuse the same manifest in each of
the ways in BROKEN. Prints `FOUND …` and exits with 1 if something is wrong.
"""
import argparse
import copy
import re
import sys
from collections.abc import Callable
from pathlib import Path

# This file's name is the package's: its folder must not be looked through for it.
sys.path.pop(0)

try:
    import yaml
    from kubernetes import client
except ImportError as error:
    print(f"SKIPPED: {error}; pip install kubernetes==37.0.2 PyYAML")
    sys.exit(0)

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?")
LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
QUANTITY = re.compile(r"([0-9]+|[0-9]*\.[0-9]+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?")
SCALES = {"": 1.0, "m": 1e-3} | {unit: 1000.0 ** (place + 1) for place, unit in enumerate("kMGTPE")}
SCALES |= {unit + "i": 1024.0 ** (place + 1) for place, unit in enumerate("KMGTPE")}
# Exit codes after which another try ends the same: bad usage, bad data, missing input.
PERMANENT = {64, 65, 66}


class Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML's readers take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


# The client's models

def check_type(value: object, kind: str, path: str, found: list[str]) -> None:
    """Checks a value against a type as the client's models write it: str, list[V1Container], dict(str, str), …"""
    if match := re.fullmatch(r"list\[(.*)\]", kind, re.IGNORECASE):
        if not isinstance(value, list):
            found.append(f"{path} has to be a list")
        else:
            for place, item in enumerate(value):
                check_type(item, match[1], f"{path}[{place}]", found)
    elif match := re.fullmatch(r"dict[\[(]str, (.*)[\])]", kind, re.IGNORECASE):
        if not isinstance(value, dict):
            found.append(f"{path} has to be a mapping")
        else:
            for key, item in value.items():
                check_type(key, "str", f"the key {key} in {path}", found)
                check_type(item, match[1], f"{path}.{key}", found)
    elif kind == "object":
        pass
    elif kind in ("str", "datetime"):
        if not isinstance(value, str):
            found.append(f"{path} has to be a string, and is {value!r}")
    elif kind == "bool":
        if not isinstance(value, bool):
            found.append(f"{path} has to be true or false, and is {value!r}")
    elif kind == "int":
        if not isinstance(value, int) or isinstance(value, bool):
            found.append(f"{path} has to be an integer, and is {value!r}")
    elif kind == "float":
        if not isinstance(value, int | float) or isinstance(value, bool):
            found.append(f"{path} has to be a number, and is {value!r}")
    else:
        check_model(value, getattr(client, kind), path, found)


def check_model(value: object, model: type, path: str, found: list[str]) -> None:
    """Checks a mapping against a model: its keys, their types, and those that are required."""
    if not isinstance(value, dict):
        found.append(f"{path} has to be a mapping")
        return
    names = {key: name for name, key in model.attribute_map.items()}
    for key, item in value.items():
        if key not in names:
            found.append(f"{path}.{key} is unknown: {model.__name__} has no such key")
        elif item is None:
            found.append(f"{path}.{key} is empty")
        else:
            check_type(item, model.openapi_types[names[key]], f"{path}.{key}", found)
    for name, field in model.model_fields.items():
        if field.is_required() and model.attribute_map[name] not in value:
            found.append(f"{path}.{model.attribute_map[name]} is missing")


# The API server's rules, from its validation of jobs and pods

def amount(text: str) -> float:
    number, unit = QUANTITY.fullmatch(text).groups()
    return float(number) * (SCALES[unit or ""] if (unit or "") in SCALES else 10.0 ** int(unit[1:]))


def check_metadata(metadata: dict, path: str, found: list[str]) -> None:
    for key, value in metadata.get("labels", {}).items():
        if not LABEL_KEY.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            found.append(f"{path}.labels: {key}: {value} is not a label")


def check_failure_policy(spec: dict, containers: set[str], found: list[str]) -> None:
    rules = spec["podFailurePolicy"]["rules"]
    if len(rules) > 20:
        found.append("podFailurePolicy has more than 20 rules")
    if spec.get("podReplacementPolicy", "Failed") != "Failed":
        found.append("podReplacementPolicy has to be Failed with a podFailurePolicy")
    for place, rule in enumerate(rules):
        path = f"podFailurePolicy.rules[{place}]"
        if rule["action"] not in ("FailJob", "FailIndex", "Ignore", "Count"):
            found.append(f"{path}.action {rule['action']} is unknown")
        if rule["action"] == "FailIndex" and "backoffLimitPerIndex" not in spec:
            found.append(f"{path}: FailIndex needs backoffLimitPerIndex")
        if ("onExitCodes" in rule) == ("onPodConditions" in rule):
            found.append(f"{path} needs one of onExitCodes and onPodConditions")
        if codes := rule.get("onExitCodes"):
            values = codes["values"]
            if codes["operator"] not in ("In", "NotIn"):
                found.append(f"{path}: the operator {codes['operator']} is unknown")
            if not values or len(values) > 255 or values != sorted(set(values)):
                found.append(f"{path}: the exit codes have to be 1 to 255 different ones, in ascending order")
            if codes["operator"] == "In" and 0 in values:
                found.append(f"{path}: the exit code 0 is no failure")
            if any(not 0 <= value <= 255 for value in values):
                found.append(f"{path}: exit codes are from 0 to 255")
            if codes.get("containerName", next(iter(containers))) not in containers:
                found.append(f"{path}: there is no container {codes['containerName']}")
        conditions = rule.get("onPodConditions")
        if conditions is not None and not 1 <= len(conditions) <= 20:
            found.append(f"{path}: there have to be 1 to 20 conditions")
        for condition in conditions or []:
            if condition.get("status", "True") not in ("True", "False", "Unknown"):
                found.append(f"{path}: the status {condition['status']} is unknown")


def check_pod(pod: dict, found: list[str]) -> None:
    if pod.get("restartPolicy") != "Never":
        found.append("restartPolicy has to be Never, or the policies of failures don't count")
    if pod.get("terminationGracePeriodSeconds", 30) < 0:
        found.append("terminationGracePeriodSeconds is negative")
    volumes = pod.get("volumes", [])
    names = [volume["name"] for volume in volumes]
    if len(set(names)) != len(names):
        found.append("two volumes have the same name")
    for volume in volumes:
        if len(volume) != 2:
            found.append(f"the volume {volume['name']} needs one source")
    containers = pod["containers"] + pod.get("initContainers", [])
    if len({each["name"] for each in containers}) != len(containers):
        found.append("two containers have the same name")
    for each in containers:
        if not LABEL.fullmatch(each["name"]):
            found.append(f"{each['name']} is no container's name")
        if not each.get("image"):
            found.append(f"the container {each['name']} has no image")
        paths = [mount["mountPath"] for mount in each.get("volumeMounts", [])]
        if len(set(paths)) != len(paths) or any(not path.startswith("/") or ":" in path for path in paths):
            found.append(f"the mounts' paths {paths} have to be absolute and different")
        for mount in each.get("volumeMounts", []):
            if mount["name"] not in names:
                found.append(f"there is no volume {mount['name']}")
        resources = each.get("resources", {})
        for kind in ("requests", "limits"):
            for name, value in resources.get(kind, {}).items():
                if not QUANTITY.fullmatch(value):
                    found.append(f"resources.{kind}.{name}: {value} is not a quantity")
                elif kind == "requests" and QUANTITY.fullmatch(resources.get("limits", {}).get(name, "")):
                    if amount(value) > amount(resources["limits"][name]):
                        found.append(f"resources: more {name} is requested than the limit")


def check_job(job: dict, tasks: int | None, found: list[str]) -> None:
    spec, name = job["spec"], job["metadata"].get("name", "")
    pod = spec["template"]["spec"]
    completions, parallelism = spec.get("completions"), spec.get("parallelism", 1)
    check_metadata(job["metadata"], "metadata", found)
    check_metadata(spec["template"].get("metadata", {}), "spec.template.metadata", found)
    if spec.get("completionMode") != "Indexed":
        found.append("completionMode has to be Indexed, or there is no JOB_COMPLETION_INDEX")
    if completions is None or completions < 1:
        found.append("completions has to be the number of tasks")
        completions = 1
    if tasks is not None and completions != tasks:
        found.append(f"completions is {completions}, but there are {tasks} tasks")
    # A pod's host name is the job's name and its index, and a label.
    if not LABEL.fullmatch(f"{name}-{completions - 1}"):
        found.append(f"the name {name!r} does not make host names such as {name}-{completions - 1}")
    per_index, failed = spec.get("backoffLimitPerIndex"), spec.get("maxFailedIndexes")
    if not 0 <= parallelism <= 100_000:
        found.append("parallelism has to be at most 100,000")
    if failed is not None and (per_index is None or failed > min(completions, 100_000)):
        found.append("maxFailedIndexes needs backoffLimitPerIndex, and is at most completions and 100,000")
    if per_index is not None and completions > 100_000 and (failed is None or failed > 10_000 or parallelism > 10_000):
        found.append("over 100,000 completions need maxFailedIndexes and parallelism of at most 10,000")
    for key in ("backoffLimit", "backoffLimitPerIndex", "maxFailedIndexes", "ttlSecondsAfterFinished", "activeDeadlineSeconds"):
        if spec.get(key, 0) < 0:
            found.append(f"{key} is negative")
    if spec.get("podReplacementPolicy", "Failed") not in ("Failed", "TerminatingOrFailed"):
        found.append(f"podReplacementPolicy {spec['podReplacementPolicy']} is unknown")
    if "selector" in spec or "manualSelector" in spec:
        found.append("the selector is Kubernetes' own")
    check_pod(pod, found)
    containers = {each["name"] for each in pod["containers"] + pod.get("initContainers", [])}
    if "podFailurePolicy" in spec:
        check_failure_policy(spec, containers, found)
    check_needs(spec, pod, found)


# What the kit's tasks need

def check_needs(spec: dict, pod: dict, found: list[str]) -> None:
    rules = spec.get("podFailurePolicy", {}).get("rules", [])
    failing: set[int] = set()
    for rule in rules:
        if rule["action"] == "FailIndex" and rule.get("onExitCodes", {}).get("operator") == "In":
            failing.update(rule["onExitCodes"]["values"])
    if not PERMANENT <= failing:
        found.append("the exit codes 64, 65 and 66 have to fail the index, since trying again won't help")
    if failing & {1, 75, 137, 143}:
        found.append("a task that was stopped, or runs elsewhere, has to be tried again")
    ignored = [
        condition["type"]
        for rule in rules if rule["action"] == "Ignore"
        for condition in rule.get("onPodConditions", []) if condition.get("status", "True") == "True"
    ]
    if "DisruptionTarget" not in ignored:
        found.append("an eviction (DisruptionTarget) has to be ignored, or it counts as a failure")
    if "backoffLimitPerIndex" not in spec:
        found.append("backoffLimitPerIndex is missing: six failures of any tasks would end all")
    if pod.get("terminationGracePeriodSeconds", 30) < 60:
        found.append("terminationGracePeriodSeconds is too short to save a task's state")
    workers = [each for each in pod["containers"] if "work" in each.get("command", []) + each.get("args", [])]
    if len(workers) != 1:
        found.append("one container has to run `kaggle-digits work`")
    for each in workers:
        words = each.get("command", []) + each.get("args", [])
        if "--task auto" not in " ".join(words):
            found.append("the container has to run `work RUN --task auto`")
        if "--threads" not in words:
            found.append("the container needs --threads: a pod sees all processors of its node")
        if any(variable["name"] == "JOB_COMPLETION_INDEX" for variable in each.get("env", [])):
            found.append("JOB_COMPLETION_INDEX is Kubernetes' own")
        run = words[words.index("work") + 1] if words[-1] != "work" else ""
        mounts = [mount["mountPath"].rstrip("/") for mount in each.get("volumeMounts", []) if not mount.get("readOnly")]
        if not any(f"{run}/".startswith(f"{path}/") for path in mounts):
            found.append(f"the run {run!r} is on no volume that the container can write to")
    claims = [volume for volume in pod.get("volumes", []) if "persistentVolumeClaim" in volume]
    if not claims:
        found.append("the run needs a claim that many nodes can write to")


def check(documents: list, tasks: int | None) -> list[str]:
    """All that is wrong with a manifest's documents."""
    found: list[str] = []
    jobs = 0
    for document in documents:
        if not isinstance(document, dict):
            found.append("a document is not a mapping")
            continue
        kind, version = document.get("kind"), document.get("apiVersion")
        known = {"Job": "batch/v1", "PersistentVolumeClaim": "v1", "ConfigMap": "v1"}
        if known.get(kind) != version or version is None:
            found.append(f"{version} {kind} is not one of the kinds that are expected: {known}")
            continue
        before = len(found)
        check_model(document, getattr(client, f"V1{kind}"), kind, found)
        if "metadata" not in document or "spec" not in document and kind != "ConfigMap":
            found.append(f"{kind} needs metadata and spec")
        # The rules read what the models have approved.
        if kind == "Job":
            jobs += 1
            if len(found) == before:
                check_job(document, tasks, found)
        if kind == "PersistentVolumeClaim" and len(found) == before:
            if "ReadWriteMany" not in document["spec"].get("accessModes", []):
                found.append("the claim has to be ReadWriteMany")
    if jobs != 1:
        found.append(f"there are {jobs} jobs, not one")
    return found


# Ways to break a manifest, each of which the checker has to refuse.

def pod_of(job: dict) -> dict:
    return job["spec"]["template"]["spec"]


def rules_of(job: dict) -> list[dict]:
    return job["spec"]["podFailurePolicy"]["rules"]


def exit_codes(job: dict) -> dict:
    return next(rule["onExitCodes"] for rule in rules_of(job) if rule["action"] == "FailIndex")


def conditions(job: dict) -> list[dict]:
    return next(rule["onPodConditions"] for rule in rules_of(job) if "onPodConditions" in rule)


BROKEN: dict[str, Callable[[dict], object]] = {
    "a misspelt key": lambda job: job["spec"].update(backOffLimitPerIndex=3),
    "a key as Python's client spells it": lambda job: job["spec"].update(backoff_limit=3),
    "a key of the pod in the job": lambda job: job["spec"].update(restartPolicy="Never"),
    "completions as a string": lambda job: job["spec"].update(completions=str(job["spec"]["completions"])),
    "threads as a number": lambda job: pod_of(job)["containers"][0].update(args=["--threads", 4]),
    "no template": lambda job: job["spec"].pop("template"),
    "no container's name": lambda job: pod_of(job)["containers"][0].pop("name"),
    "a status that is a boolean": lambda job: conditions(job)[0].update(status=True),
    "no operator": lambda job: exit_codes(job).pop("operator"),
    "not indexed": lambda job: job["spec"].pop("completionMode"),
    "a restart in the pod": lambda job: pod_of(job).update(restartPolicy="OnFailure"),
    "FailIndex without backoffLimitPerIndex": lambda job: job["spec"].pop("backoffLimitPerIndex"),
    "exit codes out of order": lambda job: exit_codes(job)["values"].reverse(),
    "an exit code of no failure": lambda job: exit_codes(job)["values"].insert(0, 0),
    "a container that isn't there": lambda job: exit_codes(job).update(containerName="other"),
    "an unknown action": lambda job: rules_of(job)[0].update(action="Retry"),
    "a rule with both": lambda job: rules_of(job)[0].update(onPodConditions=conditions(job)),
    "a replacement before the end": lambda job: job["spec"].update(podReplacementPolicy="TerminatingOrFailed"),
    "a mount without a volume": lambda job: pod_of(job).update(volumes=[]),
    "too long a name": lambda job: job["metadata"].update(name="a" * 63),
    "a name with capitals": lambda job: job["metadata"].update(name="Run_1"),
    "a wrong quantity": lambda job: pod_of(job)["containers"][0].update(resources={"requests": {"memory": "1 GB"}}),
    "more requested than the limit": lambda job: pod_of(job)["containers"][0].update(
        resources={"requests": {"memory": "2Gi"}, "limits": {"memory": "1024Mi"}}
    ),
    "evictions that count": lambda job: conditions(job)[0].update(type="PodScheduled"),
    "an older version": lambda job: job.update(apiVersion="batch/v1beta1"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--tasks", type=int, help="the number of tasks that the job has to have")
    arguments = parser.parse_args()
    try:
        documents = [each for each in yaml.load_all(arguments.manifest.read_text(), Loader) if each is not None]
    except yaml.YAMLError as error:
        sys.exit(f"FOUND: {arguments.manifest} is not YAML: {error}")
    if found := check(documents, arguments.tasks):
        sys.exit("\n".join(f"FOUND: {arguments.manifest}: {each}" for each in found))
    place = next(place for place, document in enumerate(documents) if document["kind"] == "Job")
    for name, harm in BROKEN.items():
        broken = copy.deepcopy(documents)
        harm(broken[place])
        if not check(broken, arguments.tasks):
            sys.exit(f"FOUND: the checker accepts a manifest with {name}")
    spec = documents[place]["spec"]
    print(f"{arguments.manifest}: a job of {spec['completions']} tasks, nothing found; {len(BROKEN)} broken ones were refused")


if __name__ == "__main__":
    main()
