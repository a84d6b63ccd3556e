# The verbs of aws/s3-site. What serves stands in the bucket itself, in one small object beside the site: its release, the digest
# of its files and the fence of the deployment that wrote it.
import concurrent.futures
import mimetypes
import os
import xml.etree.ElementTree

from client import (FENCE, RELEASE, Refused, Service, artifact, check_fence, die, digest_of, every, get_object, in_bucket, inspected, main,
                    option, plain, put_object, say)

BUCKET = option("BUCKET")
PREFIX = option("PREFIX").strip("/") + "/" if option("PREFIX").strip("/") else ""
MARKER = PREFIX + ".tidegate-release"
PLACE = "s3://{}/{}".format(BUCKET, PREFIX)
AT_ONCE = 8


def marker():
    """Release, digest and fence of what serves; empty when nothing does."""
    found = get_object(BUCKET, MARKER)
    return (found.decode().split() + ["", "", ""])[:3] if found else ["", "", ""]


def site():
    """Paths of the site's files by key, pages apart from the rest."""
    check_fence(marker()[2])
    root = artifact()
    if not os.path.isfile(os.path.join(root, option("INDEX"))):
        die("the site has no {}".format(option("INDEX")))
    files = {}
    for at, _, names in os.walk(root):
        for name in names:
            path = os.path.join(at, name)
            files[PREFIX + os.path.relpath(path, root)] = path
    pages = {key: path for key, path in files.items() if key.endswith((".html", ".htm"))}
    return files, pages


def put(files, **headers):
    def one(item):
        kind = mimetypes.guess_type(item[1])[0] or "application/octet-stream"
        put_object(BUCKET, item[0], item[1], content_type=kind, **headers)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, sorted(files.items())))


def prepare():
    files, pages = site()
    rest = {key: path for key, path in files.items() if key not in pages}
    put(rest)
    say("{} files are in {}".format(len(rest), PLACE))


def shift():
    files, pages = site()
    # Pages are asked for anew each time; what they name was put there before.
    put(pages, cache_control="no-cache")
    own = digest_of("\n".join("{} {}".format(digest_of(path), key) for key, path in sorted(files.items())).encode())[:16]
    put_object(BUCKET, MARKER, "{} {} {}\n".format(RELEASE, own, FENCE).encode(), cache_control="no-store")
    invalidate()
    say("release {} serves from {}".format(RELEASE, PLACE))


def invalidate():
    distribution = option("DISTRIBUTION")
    if not distribution:
        return
    cloudfront, path = Service("cloudfront", region="us-east-1"), "/2020-05-31/distribution/{}/invalidation".format(distribution)
    if not os.environ.get("AWS_ENDPOINT_URL"):
        cloudfront.endpoint = "https://cloudfront.amazonaws.com"
    body = ('<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Paths><Quantity>1</Quantity><Items><Path>/{}*</Path>'
            "</Items></Paths><CallerReference>tidegate-{}-{}</CallerReference></InvalidationBatch>").format(PREFIX, RELEASE, FENCE)
    read = lambda answer: plain(xml.etree.ElementTree.fromstring(answer[1]))
    made = read(cloudfront.send("POST", path, body=body.encode(), headers={"content-type": "text/xml"}))["Id"]
    is_done = lambda: read(cloudfront.send("GET", "{}/{}".format(path, made)))["Status"] == "Completed" or None
    every(10, is_done, within=1800)
    say("CloudFront's copies are invalidated")


def has_index():
    s3, path = in_bucket(BUCKET, PREFIX + option("INDEX"))
    try:
        s3.send("HEAD", path)
        return True
    except Refused as refused:
        if refused.status == 404:
            return False
        raise


def health():
    if not marker()[0]:
        die("nothing was deployed to " + PLACE)
    if not has_index():
        die("{} has no {}".format(PLACE, option("INDEX")))


def inspect():
    release, digest, _ = marker()
    health = "stopped" if not release else "healthy" if has_index() else "unhealthy"
    inspected(release, digest, health, False)


def listed():
    s3, path = in_bucket(BUCKET)
    query, keys = {"list-type": "2", "prefix": PREFIX}, []
    while True:
        page = xml.etree.ElementTree.fromstring(s3.send("GET", path, query)[1])
        keys += [element.text for element in page.iter() if element.tag.endswith("}Key")]
        next_page = [element.text for element in page.iter() if element.tag.endswith("}NextContinuationToken")]
        if not next_page:
            return keys
        query["continuation-token"] = next_page[0]


def remove(keys):
    for key in keys:
        s3, path = in_bucket(BUCKET, key)
        s3.send("DELETE", path)
    say("removed {} files".format(len(keys)))


def finish():
    if option("PRUNE") == "yes":
        files = site()[0]
        remove([key for key in listed() if key not in files and key != MARKER])


def destroy():
    check_fence(marker()[2])
    remove(listed())


main({"inspect": inspect, "prepare": prepare, "shift": shift, "health": health, "finish": finish, "destroy": destroy})
