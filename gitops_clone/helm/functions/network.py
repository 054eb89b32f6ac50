"""Names and addresses. Nothing is looked up: Helm does not either, unless it is told to."""

from __future__ import annotations

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.gotypes import Value, kind
from gitops_clone.helm.registry import function

_PARTS = ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")


@function("getHostByName", "string")
def _get_host_by_name(name: str) -> str:
    return ""


@function("urlParse", "string")
def _url_parse(value: str) -> dict[str, Value]:
    if any(character <= " " or character >= "\x7f" or character in '%[]\\^`{}"<>' for character in value):
        raise Unsupported("urlParse of a text with unusual characters")
    rest, _, fragment = value.partition("#")
    scheme, rest = _scheme(rest)
    rest, _, query = rest.partition("?")
    found: dict[str, Value] = dict.fromkeys((*_PARTS, "hostname"), "")
    found |= {"scheme": scheme.lower(), "query": query, "fragment": fragment}
    if scheme and not rest.startswith("/") and rest:
        return found | {"opaque": rest}
    if rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        userinfo, _, host = authority.rpartition("@")
        name, _, port = host.partition(":")
        if port and not port.isdigit():
            raise Refused(f'unable to parse url: parse "{value}": invalid port ":{port}" after host')
        return found | {"host": host, "hostname": name, "userinfo": userinfo, "path": slash + path}
    if not scheme and ":" in rest.partition("/")[0]:
        raise Refused(f'unable to parse url: parse "{value}": first path segment in URL cannot contain colon')
    return found | {"path": rest}


def _scheme(value: str) -> tuple[str, str]:
    scheme, colon, rest = value.partition(":")
    if not colon or not scheme[:1].isalpha():
        if value.startswith(":"):
            raise Refused(f'unable to parse url: parse "{value}": missing protocol scheme')
        return "", value
    return (scheme, rest) if all(c.isalnum() or c in "+-." for c in scheme) else ("", value)


@function("urlJoin", "map")
def _url_join(parts: dict[str, Value]) -> str:
    found = {name: _part(parts, name) for name in _PARTS}
    if any(not part.isascii() or any(c <= " " or c in '%[]\\^`{}"<>' for c in part) for part in found.values()):
        raise Unsupported("urlJoin of parts with unusual characters")
    text = f"{found['scheme']}:" if found["scheme"] else ""
    if found["opaque"]:
        text += found["opaque"]
    else:
        if found["scheme"] or found["host"] or found["userinfo"]:
            text += "//" if found["host"] or found["path"] or found["userinfo"] else ""
            text += f"{found['userinfo']}@" if found["userinfo"] else ""
            text += found["host"]
        path = found["path"]
        if path and not path.startswith("/") and found["host"]:
            path = f"/{path}"
        text += path
    text += f"?{found['query']}" if found["query"] else ""
    return text + (f"#{found['fragment']}" if found["fragment"] else "")


def _part(parts: dict[str, Value], name: str) -> str:
    value = parts.get(name, "")
    if not isinstance(value, str):
        raise Refused(f"unable to parse {name} key, must be of type string, but {kind(value)} found")
    return value
