# AWS for the scripts of blocks, with Python's own library alone (3.7 or newer): signs calls, fetches credentials and fetches them
# again before they end, and tries again what passes by itself. No secret is in a message, an argument or a file.
import datetime
import hashlib
import hmac
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

BLOCK = os.environ.get("BLOCK_NAME", "aws")
REGION = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
RELEASE = os.environ.get("TIDEGATE_RELEASE", "")
FENCE = int(os.environ.get("TIDEGATE_FENCE") or 0)
PERCENT = int(os.environ.get("TIDEGATE_PERCENT") or 100)
TRIES = int(os.environ.get("AWS_MAX_ATTEMPTS") or 10)
PASSES = re.compile("Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ServiceUnavailable|InternalFailure|InternalError|InternalServer")
ONE_TRY_S, LONGEST_PAUSE_S = 60, 8
# What a step ends with that could not reach its target: it is unknown then, not failed.
UNREACHABLE = 75


class Refused(Exception):
    """AWS's answer to a call that it did not do: `code` as AWS names it."""

    def __init__(self, code, message, status):
        super().__init__("{}: {}".format(code, message))
        self.code, self.message, self.status = code, message, status

    def is_unreachable(self):
        """Nobody answered, or only that nobody can now, however often it was asked."""
        return self.status == 0 or self.status >= 500


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def die(words, code=1):
    say("{}: {}".format(BLOCK, words))
    raise SystemExit(code)


def output(**values):
    with open(os.environ["TIDEGATE_OUTPUT"], "a") as file:
        for name, value in values.items():
            file.write("{}={}\n".format(name, str(value).replace("\n", " ")))


def inspected(release, version, health, in_progress, **more):
    output(release=release or "", version=version or "", health=health, in_progress=str(bool(in_progress)).lower(), **more)


def option(name):
    return os.environ.get("BLOCK_" + name, "")


def artifact(name="ARTIFACT"):
    """Where an artifact that the block was given lies."""
    path = os.path.join(os.environ["TIDEGATE_ARTIFACTS"], option(name))
    if not option(name) or not os.path.exists(path):
        die("there is no artifact {!r}".format(option(name)))
    return os.path.realpath(path)


def main(verbs):
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb not in verbs:
        die("there is no verb {!r}; there are {}".format(verb, ", ".join(sorted(verbs))))
    if not REGION:
        die("AWS_REGION is not set; a target that is named account/region sets it")
    try:
        verbs[verb]()
    except Refused as refused:
        if not refused.is_unreachable():
            die(str(refused))
        die("{} cannot be reached, so nobody knows what runs there now: {}".format(REGION, refused), UNREACHABLE)


def check_fence(fence):
    """Credentials fence the cloud; this keeps an older deployment from even trying where its own still live."""
    if fence and int(fence) > FENCE:
        die("a newer deployment (fence {}) has changed this; this one (fence {}) changes nothing".format(fence, FENCE))


def words(release=None):
    """What this deployment writes down where AWS keeps a text beside the thing itself."""
    return "tidegate release={} fence={}".format(RELEASE if release is None else release, FENCE)


def word(name, text):
    """Reads one of [`words`] back; empty when it is not there."""
    found = re.search(r"\b{}=(\d+)".format(name), text or "")
    return found.group(1) if found else ""


def every(seconds, look, within):
    """Looks until the answer is something. `BLOCK_POLL` is for tests."""
    seconds = float(option("POLL") or seconds)
    end = time.monotonic() + within
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > end:
            die("it has not come to an end within {} s; what AWS does goes on, and `inspect` will tell".format(within))
        time.sleep(seconds)


class Service:
    """`signs`: the name in signatures. `target`: the prefix of the JSON protocol's operations; `version`: the query protocol's."""

    def __init__(self, signs, host=None, target=None, version=None, minor="1.1", region=None):
        self.signs, self.target, self.version, self.minor = signs, target, version, minor
        self.region = region or REGION
        name = (host or signs).upper().replace("-", "_")
        ending = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        own = "https://{}.{}.{}".format(host or signs, self.region, ending)
        self.endpoint = (os.environ.get("AWS_ENDPOINT_URL_" + name) or os.environ.get("AWS_ENDPOINT_URL") or own).rstrip("/")

    def call(self, operation, **body):
        headers = {"content-type": "application/x-amz-json-" + self.minor, "x-amz-target": "{}.{}".format(self.target, operation)}
        return json.loads(self.send("POST", "/", body=json.dumps(body).encode(), headers=headers)[1] or b"{}")

    def rest(self, method, path, query=None, **body):
        data = json.dumps(body).encode() if body else b""
        return json.loads(self.send(method, path, query, data, {"content-type": "application/json"})[1] or b"{}")

    def query(self, action, **parameters):
        form = urllib.parse.urlencode(dict({"Action": action, "Version": self.version}, **flat(parameters))).encode()
        answer = self.send("POST", "/", body=form, headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"})[1]
        root = plain(xml.etree.ElementTree.fromstring(answer))
        return root.get(action + "Result", root) if isinstance(root, dict) else {}

    def send(self, method, path, query=None, body=b"", headers=None):
        """Status and headers, and the whole answer. `body`: bytes, or the path of a file."""
        for number in range(1, TRIES + 1):
            try:
                return self.send_once(method, path, query or {}, body, headers or {})
            except Refused as refused:
                if number == TRIES or not (refused.status >= 500 or refused.status == 429 or PASSES.search(refused.code)):
                    raise
                why = refused.code
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                if number == TRIES:
                    raise Refused("NoAnswer", "{} {}: {}".format(method, self.endpoint, error), 0)
                why = "no answer"
            pause = random.uniform(0.3, 1.0) * min(LONGEST_PAUSE_S, 0.5 * 2 ** number)
            say("{}: {}; trying again in {:.1f} s".format(self.signs, why, pause))
            time.sleep(pause)

    def send_once(self, method, path, query, body, headers):
        is_file = isinstance(body, str)
        size = os.path.getsize(body) if is_file else len(body)
        search = urllib.parse.urlencode(sorted(query.items()), quote_via=urllib.parse.quote, safe="-_.~")
        url = self.endpoint + urllib.parse.quote(path, safe="/-_.~") + ("?" + search if search else "")
        if size:
            headers = dict({"content-type": "application/octet-stream"}, **headers)
        signed = self.sign(method, url, search, digest_of(body), headers)
        data = open(body, "rb") if is_file else body
        if size:
            signed["content-length"] = str(size)
        request = urllib.request.Request(url, data=data if size else None, headers=signed, method=method)
        try:
            with urllib.request.urlopen(request, timeout=ONE_TRY_S) as answer:
                return dict(answer.headers.items(), status=answer.status), answer.read()
        except urllib.error.HTTPError as error:
            raise refusal(error)
        finally:
            if is_file:
                data.close()

    def sign(self, method, url, search, digest, headers):
        """AWS Signature Version 4, in headers."""
        credentials = current_credentials()
        at = utc().strftime("%Y%m%dT%H%M%SZ")
        parts = urllib.parse.urlsplit(url)
        signed = dict(headers, host=parts.netloc)
        signed.update({"x-amz-date": at, "x-amz-content-sha256": digest})
        if credentials.get("Token"):
            signed["x-amz-security-token"] = credentials["Token"]
        names = ";".join(sorted(signed))
        # Of all services S3 alone takes the path as it stands in the address.
        path = parts.path if self.signs == "s3" else urllib.parse.quote(parts.path, safe="/-_.~")
        lines = "".join("{}:{}\n".format(name, signed[name].strip()) for name in sorted(signed))
        canonical = "\n".join([method, path or "/", search, lines, names, digest])
        signed["authorization"] = "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}".format(
            credentials["AccessKeyId"], self.scope(at), names, self.signature(credentials, at, canonical))
        return signed

    def scope(self, at):
        return "/".join([at[:8], self.region, self.signs, "aws4_request"])

    def signature(self, credentials, at, canonical):
        text = "\n".join(["AWS4-HMAC-SHA256", at, self.scope(at), hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + credentials["SecretAccessKey"]).encode()
        for part in self.scope(at).split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


known = {}


def current_credentials():
    """Of the environment, of the job's own endpoint, or, beside a person, of the AWS CLI's profile."""
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        token = os.environ.get("AWS_SESSION_TOKEN")
        return {"AccessKeyId": os.environ["AWS_ACCESS_KEY_ID"], "SecretAccessKey": os.environ["AWS_SECRET_ACCESS_KEY"], "Token": token}
    if known and known["until"] > time.monotonic():
        return known
    endpoint = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if endpoint:
        found = from_endpoint(endpoint)
    elif shutil.which("aws"):
        told = subprocess.run(["aws", "configure", "export-credentials", "--format", "process"], stdout=subprocess.PIPE)
        found = json.loads(told.stdout) if told.returncode == 0 else None
    else:
        found = None
    if not found:
        die("there are no credentials: a job of a target that is named account/region gets them, if the account is registered")
    known.update(found, Token=found.get("Token") or found.get("SessionToken"), until=time.monotonic() + lives(found.get("Expiration")))
    return known


def from_endpoint(url):
    request = urllib.request.Request(url, headers={"authorization": os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")})
    # The runner's own endpoint is on loopback: no proxy stands between.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=ONE_TRY_S) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise Refused("NoCredentials", error.read().decode(errors="replace")[:1000], error.code)


def lives(expiration):
    """Seconds for which credentials are used before they are fetched anew."""
    if not expiration:
        return 600
    end = datetime.datetime.strptime(re.sub(r"(\.\d+)?(Z|\+00:00)$", "", expiration), "%Y-%m-%dT%H:%M:%S")
    return max(0, (end.replace(tzinfo=datetime.timezone.utc) - utc()).total_seconds() - 120)


def utc():
    return datetime.datetime.now(datetime.timezone.utc)


def digest_of(body):
    digest = hashlib.sha256()
    if not isinstance(body, str):
        digest.update(body)
        return digest.hexdigest()
    with open(body, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def refusal(error):
    """AWS's three ways to name an error: a header, JSON, XML."""
    answer = error.read()
    code = (error.headers.get("x-amzn-errortype") or "").split(":")[0]
    message = answer.decode(errors="replace")[:1000]
    try:
        said = json.loads(answer)
        code = code or (said.get("__type") or said.get("code") or "").split("#")[-1]
        message = said.get("message") or said.get("Message") or message
    except ValueError:
        found = dict(re.findall(r"<(Code|Message)>([^<]*)</", message))
        code, message = code or found.get("Code", ""), found.get("Message", message)
    return Refused(code or "HTTP {}".format(error.code), message, error.code)


def flat(value, name=""):
    """The query protocol's way to write lists and structures."""
    if isinstance(value, dict):
        inner = [(("{}.{}".format(name, key) if name else key), item) for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        inner = [("{}.member.{}".format(name, number), item) for number, item in enumerate(value, 1)]
    else:
        return {name: str(value).lower() if isinstance(value, bool) else value}
    found = {}
    for key, item in inner:
        if item is not None:
            found.update(flat(item, key))
    return found


def plain(element):
    """XML as dicts; the members of a list as a list."""
    inner = list(element)
    tag = lambda item: item.tag.split("}")[-1]
    if not inner:
        return element.text or ""
    if all(tag(item) == "member" for item in inner):
        return [plain(item) for item in inner]
    return {tag(item): plain(item) for item in inner}


def packed(source, target):
    """A folder as a zip file whose bytes depend on its content alone; a zip file as it is."""
    import zipfile

    if os.path.isdir(source):
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            names = sorted(os.path.join(at, name) for at, _, found in os.walk(source) for name in found)
            for name in names:
                entry = zipfile.ZipInfo(os.path.relpath(name, source), (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if os.access(name, os.X_OK) else 0o644) << 16
                with open(name, "rb") as file:
                    archive.writestr(entry, file.read())
    elif zipfile.is_zipfile(source):
        shutil.copyfile(source, target)
    else:
        die("the artifact is neither a folder nor a zip file")
    return target


def scratch(name):
    return os.path.join(os.environ.get("TMPDIR") or "/tmp", name)


def in_bucket(bucket, key=""):
    """S3 and the path of an object; in the address, as endpoints beside AWS's own want it too."""
    return Service("s3"), "/{}/{}".format(bucket, key) if key else "/" + bucket


def put_object(bucket, key, body, **headers):
    s3, path = in_bucket(bucket, key)
    s3.send("PUT", path, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def get_object(bucket, key):
    """Its bytes; none when it is not there."""
    s3, path = in_bucket(bucket, key)
    try:
        return s3.send("GET", path)[1]
    except Refused as refused:
        if refused.code == "NoSuchKey":
            return None
        raise


def presigned(bucket, key, seconds):
    """An address at which anybody can read the object for so long, at most as long as the credentials live."""
    s3, path = in_bucket(bucket, key)
    credentials, at = current_credentials(), utc().strftime("%Y%m%dT%H%M%SZ")
    path = urllib.parse.quote(path, safe="/-_.~")
    query = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": credentials["AccessKeyId"] + "/" + s3.scope(at), "X-Amz-Date": at,
             "X-Amz-Expires": str(seconds), "X-Amz-SignedHeaders": "host"}
    if credentials.get("Token"):
        query["X-Amz-Security-Token"] = credentials["Token"]
    search = urllib.parse.urlencode(sorted(query.items()), quote_via=urllib.parse.quote, safe="-_.~")
    host = urllib.parse.urlsplit(s3.endpoint).netloc
    canonical = "\n".join(["GET", path, search, "host:{}\n".format(host), "host", "UNSIGNED-PAYLOAD"])
    return "{}{}?{}&X-Amz-Signature={}".format(s3.endpoint, path, search, s3.signature(credentials, at, canonical))
