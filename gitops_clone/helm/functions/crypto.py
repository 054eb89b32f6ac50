"""sprig's checksums, and what it makes at random: here always the same, since two renderings are to be compared."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.frame import LONGEST_TEXT
from gitops_clone.helm.gotypes import Object, Value, octets
from gitops_clone.helm.registry import function

_KEY_TYPES = ("", "rsa", "dsa", "ecdsa", "ed25519")


class Certificate(Object):
    """What genCA and its like give: texts in the form of PEM, that are no certificates."""

    type_name = "sprig.certificate"

    def __init__(self, name: str) -> None:
        body = base64.b64encode(name.encode("utf-8", "replace")).decode()
        self._cert = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
        self._key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n"

    def members(self) -> Mapping[str, Value]:
        return {"Cert": self._cert, "Key": self._key}


@function("sha1sum", "string")
def _sha1(value: str) -> str:
    return hashlib.sha1(octets(value), usedforsecurity=False).hexdigest()


@function("sha256sum", "string")
def _sha256(value: str) -> str:
    return hashlib.sha256(octets(value)).hexdigest()


@function("sha512sum", "string")
def _sha512(value: str) -> str:
    return hashlib.sha512(octets(value)).hexdigest()


@function("genCA", "string", "int")
def _gen_ca(name: str, days: int) -> Certificate:
    return Certificate(name)


@function("genCAWithKey", "string", "int", "string")
def _gen_ca_with_key(name: str, days: int, key: str) -> Certificate:
    return Certificate(name)


@function("genSelfSignedCert", "string", "list", "list", "int")
def _gen_self_signed(name: str, addresses: list[Value], names: list[Value], days: int) -> Certificate:
    return Certificate(name)


@function("genSelfSignedCertWithKey", "string", "list", "list", "int", "string")
def _gen_self_signed_with_key(
    name: str, addresses: list[Value], names: list[Value], days: int, key: str
) -> Certificate:
    return Certificate(name)


@function("genSignedCert", "string", "list", "list", "int", "any")
def _gen_signed(name: str, addresses: list[Value], names: list[Value], days: int, authority: Value) -> Certificate:
    return _signed(name, authority)


@function("genSignedCertWithKey", "string", "list", "list", "int", "any", "string")
def _gen_signed_with_key(
    name: str, addresses: list[Value], names: list[Value], days: int, authority: Value, key: str
) -> Certificate:
    return _signed(name, authority)


def _signed(name: str, authority: Value) -> Certificate:
    if not isinstance(authority, Certificate):
        raise Refused("wrong type for value; expected sprig.certificate")
    return Certificate(name)


@function("buildCustomCert", "string", "string")
def _build_custom_cert(cert: str, key: str) -> Value:
    raise Unsupported("the function buildCustomCert")


@function("genPrivateKey", "string")
def _gen_private_key(kind: str) -> str:
    if kind not in _KEY_TYPES:
        return f"Unknown type {kind}"
    name = {"rsa": "RSA ", "dsa": "DSA ", "ecdsa": "EC "}.get(kind or "rsa", "")
    return f"-----BEGIN {name}PRIVATE KEY-----\nAA==\n-----END {name}PRIVATE KEY-----\n"


@function("bcrypt", "string")
def _bcrypt(value: str) -> str:
    return "$2a$10$" + "." * 53


@function("htpasswd", "string", "string")
def _htpasswd(user: str, password: str) -> str:
    if ":" in user:
        return f"invalid username: {user}"
    return f"{user}:{_bcrypt(password)}"


@function("randBytes", "int")
def _rand_bytes(count: int) -> str:
    if not 0 <= count <= LONGEST_TEXT:
        raise Unsupported("random bytes beyond all bounds")
    return base64.b64encode(bytes(count)).decode()


@function("uuidv4")
def _uuid() -> str:
    return "00000000-0000-4000-8000-000000000000"


@function("derivePassword", "any", "string", "string", "string", "string")
def _derive_password(counter: Value, kind: str, password: str, user: str, site: str) -> str:
    raise Unsupported("the function derivePassword")


@function("encryptAES decryptAES", "string", "string")
def _aes(password: str, value: str) -> str:
    raise Unsupported("the functions encryptAES and decryptAES")


@function("adler32sum", "string")
def _adler(value: str) -> str:
    return str(zlib.adler32(octets(value)))


@function("randAlphaNum randAlpha randAscii", "int")
def _rand_text(count: int) -> str:
    """Not random: two renderings are to be compared."""
    return _fixed("a", count)


@function("randNumeric", "int")
def _rand_numeric(count: int) -> str:
    return _fixed("1", count)


def _fixed(character: str, count: int) -> str:
    if count < 0:
        return ""
    if count > LONGEST_TEXT:
        raise Unsupported("a random text beyond all bounds")
    return character * count
