"""Hostile and broken templates: one clear line in bounded time, never a hang, never a traceback."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from gitops_clone.helm import chart
from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.render import render, rendered_text
from tests.helm.comparing import write
from tests.parts import helm
from tests.parts.helm import Job


def _again(action: str) -> str:
    """Sixty times: what doubles each time is beyond all bounds then."""
    return f"{{{{ range until 60 }}}}{action}{{{{ end }}}}"


_NESTED = '{{{{ ${0} := dict "a" (dict) }}}}{{{{ $_ := set ${0}.a "a" ${0} }}}}'

HOSTILE = {
    "a list without end": "{{ until 1000000000 }}",
    "steps without end": "{{ untilStep 0 1000000000 1 }}",
    "a sequence without end": "{{ seq 1 1000000000 }}",
    "a range without end": "{{ range 1000000000000 }}x{{ end }}",
    "nested ranges": "{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}",
    "a text without end": '{{ repeat 1000000000 "x" }}',
    "wide": '{{ printf "%999999999d" 1 }}',
    "many wide": '{{ $x := "" }}{{ range 100000 }}{{ $x = printf "%s%900000s" $x "" }}{{ end }}',
    "indented without end": '{{ indent 1000000000 "x" }}',
    "doubling text": '{{ $x := "x" }}' + _again("{{ $x = cat $x $x }}"),
    "doubling list": "{{ $x := list 1 }}" + _again("{{ $x = concat $x $x }}"),
    "growing by replacing": '{{ $x := "ab" }}' + _again('{{ $x = replace "a" "aab" $x }}{{ $x = replace "b" $x $x }}'),
    "growing by joining": '{{ $x := "a" }}' + _again("{{ $x = join $x (list $x $x $x) }}"),
    "growing by a regular expression": '{{ $x := "a" }}' + _again('{{ $x = regexReplaceAll "a" $x "aaaa" }}'),
    "shared without end": "{{ $x := list 1 }}" + _again("{{ $x = list $x $x }}") + "{{ toYaml $x }}",
    "shared maps": "{{ $x := dict }}" + _again('{{ $x = dict "a" $x "b" $x }}') + "{{ toJson $x }}",
    "shared and printed": "{{ $x := list 1 }}" + _again("{{ $x = list $x $x }}") + "{{ $x }}",
    "shared and copied": "{{ $x := list 1 }}" + _again("{{ $x = list $x $x }}") + "{{ deepCopy $x }}",
    "shared and compared": "{{ $x := list 1 }}{{ $y := list 1 }}"
    + _again("{{ $x = list $x $x }}{{ $y = list $y $y }}")
    + "{{ deepEqual $x $y }}",
    "a map in itself": '{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ toYaml $x }}',
    "a map in itself, printed": '{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ $x }}',
    "a map in itself, merged": _NESTED.format("x") + _NESTED.format("y") + "{{ merge $x $y }}",
    "include without end": '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
    "template without end": '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
    "include in turns": '{{ define "a" }}{{ include "b" . }}{{ end }}'
    '{{ define "b" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
    "include that grows": '{{ define "a" }}{{ range until 9 }}{{ include "a" $ }}{{ end }}{{ end }}{{ include "a" . }}',
    "tpl without end": "{{ tpl .Values.self . }}",
    "a bomb of templates": "".join(
        f'{{{{ define "a{n}" }}}}{f"{{{{ template `a{n + 1}` . }}}}" * 10 if n < 12 else "x"}{{{{ end }}}}'
        for n in range(13)
    )
    + '{{ template "a0" . }}',
    "deep parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "deep blocks": "{{ if 1 }}" * 5000 + "{{ end }}" * 5000,
    "a long pipe": "{{ 1" + " | print" * 5000 + " }}",
    "nested repetitions": '{{ regexMatch "(a+)+$" (repeat 5000 "a" | cat "b") }}',
    "alternatives repeated": '{{ regexMatch "(a|a)*b" (repeat 5000 "a") }}',
    "many repetitions": '{{ regexMatch "a*a*a*a*a*a*a*a*a*a*b" (repeat 5000 "a") }}',
    "a large pattern": '{{ regexMatch "((a{1000}){1000}){1000}" "a" }}',
    "a deep pattern": '{{ regexMatch (cat (repeat 9999 "(") (repeat 9999 ")") | nospace) "a" }}',
    "a long constraint": '{{ semverCompare (repeat 9999 ">1 ") "1.2.3" }}',
    "many alternatives": '{{ semverCompare (printf "%s!" (repeat 200 "1 , ")) "1.2.3" }}',
    "a YAML bomb": "{{ fromYaml .Values.bomb }}",
    "deep YAML": '{{ fromYaml (repeat 100000 "[") }}',
    "deep JSON": '{{ fromJson (repeat 100000 "[") }}',
    "deep TOML": '{{ fromToml (cat "a=" (repeat 100000 "[")) }}',
    "comparing many": "{{ $x := list }}{{ range until 100000 }}{{ $x = append $x . }}{{ end }}{{ uniq $x }}",
    "a large shift": "{{ mul 9223372036854775807 9223372036854775807 }}{{ round 1.5 400 }}{{ round 1.5 -400 }}",
    "large numbers": '{{ int "99999999999999999999999" }}{{ divf 1 0 }}{{ mulf 1e300 1e300 }}',
    "a date far away": "{{ date `2006` 99999999999999 }}",
    "spaces without end": "{{" + " \n" * 1_000_000,
    "a long number": "{{ " + "1" * 1_000_000 + "_ }}",
    "a long number text": '{{ float64 (printf "%sx" (repeat 1000000 "1")) }}',
    "long numbers": '{{ int (repeat 9999 "1") }}{{ toYaml (repeat 9999 "1") }}{{ fromYaml (repeat 9999 "1") }}',
    "a long word": "{{ " + "a" * 1_000_000 + "^ }}",
    "many lines": "{{ range 1000 }}" + "\n" * 1000 + "{{ end }}--",
    "many documents": "{{ range 20000 }}\n---\n{{ end }}",
    "a star of stars": '{{ .Files.Glob "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b" }}',
}
_BOMB = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(12))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_meets_a_bound(name: str, tmp_path: Path) -> None:
    files = {"templates/a.yaml": HOSTILE[name], "values.yaml": "self: '{{ tpl .Values.self . }}'\n", "a" * 200: ""}
    found = chart.read(tmp_path, write(tmp_path / "c", files).name)
    started = time.process_time()
    with contextlib.suppress(Refused, Unsupported):
        rendered_text(render(found, [{"bomb": _BOMB}], seconds=2))
    assert time.process_time() - started < 8


def test_a_hostile_pattern_of_ignored_files_meets_a_bound(tmp_path: Path) -> None:
    rules = "*a" * 40 + "b\n"
    started = time.process_time()
    chart.read(tmp_path, write(tmp_path / "c", {"a" * 200: "", ".helmignore": rules * 20}).name)
    assert time.process_time() - started < 2


BROKEN = {
    "unclosed action": ("a\n{{ .Values", "unclosed action", 2),
    "unclosed comment": ("{{/* a", "unclosed comment", 1),
    "comment that goes on": ("{{/* a */ b }}", "comment ends before closing delimiter", 1),
    "unclosed string": ('\n\n{{ "a }}', "unterminated quoted string", 3),
    "unclosed raw string": ("{{ `a }}", "unterminated raw quoted string", 1),
    "unclosed parenthesis": ("{{ (1 }}", "unclosed left paren", 1),
    "stray parenthesis": ("{{ 1) }}", "unexpected right paren", 1),
    "unclosed block": ("{{ if 1 }}\n", "unexpected EOF", 2),
    "stray end": ("{{ end }}", "unexpected", 1),
    "two elses": ("{{ if 1 }}{{ else }}{{ else }}{{ end }}", "expected end", 1),
    "unknown function": ("{{ nope 1 }}", 'function "nope" not defined', 1),
    "removed function": ('{{ env "HOME" }}', 'function "env" not defined', 1),
    "unknown variable": ("{{ $x }}", 'undefined variable "$x"', 1),
    "variable out of scope": ("{{ if 1 }}{{ $x := 1 }}{{ end }}{{ $x }}", 'undefined variable "$x"', 1),
    "break outside of range": ("{{ break }}", "outside", 1),
    "definition twice": ('{{ define "a" }}1{{ end }}{{ define "a" }}2{{ end }}', "multiple definition", 1),
    "definition inside": ('{{ if 1 }}{{ define "a" }}{{ end }}{{ end }}', "unexpected", 1),
    "bad character": ("{{ .a^b }}", "bad character", 1),
    "bad number": ("{{ 0x }}", "illegal number", 1),
    "empty action": ("{{ }}", "missing value", 1),
    "argument to no function": ("\n{{ 1 2 }}", "can't give argument to non-function", 2),
    "constant in a pipe": ("{{ 1 | 2 }}", "non executable command", 1),
    "no such template": ('{{ include "nope" . }}', "no template", 1),
    "no such template for template": ('\n{{ template "nope" }}', "not defined", 2),
    "nil pointer": ("a: 1\nb: {{ .Values.a.b.c }}", "nil pointer evaluating interface {}.b", 2),
    "no such field": ("{{ .Chart.Name.x }}", "can't evaluate field x in type string", 1),
    "too few arguments": ("{{ trunc 1 }}", "wrong number of args for trunc: want 2 got 1", 1),
    "wrong type": ("{{ trunc `a` `b` }}", "expected int", 1),
    "two types compared": ("{{ eq 1 `a` }}", "incompatible types for comparison", 1),
    "range over a text": ("{{ range `a` }}{{ end }}", "range can't iterate over", 1),
    "the chart's own words": ("{{ fail `set image.tag` }}", "set image.tag", 1),
    "required": ("{{ required `needed` .Values.a }}", "needed", 1),
    "a tag that is no version": ("{{ semverCompare `>1` `main` }}", "Invalid Semantic Version", 1),
    "an error in another file": ('{{ include "bad" . }}', "boom", 3),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_template_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    text, reason, line = BROKEN[name]
    files = {"templates/a.yaml": text, "templates/_b.tpl": '{{ define "bad" }}\n\n{{ fail "boom" }}{{ end }}'}
    found = chart.read(tmp_path, write(tmp_path / "c", files).name)
    with pytest.raises(Refused) as caught:
        render(found)
    assert reason in caught.value.reason
    assert (caught.value.template, caught.value.line) == (
        "c/templates/_b.tpl" if name.endswith("another file") else "c/templates/a.yaml",
        line,
    )


def test_helm_refuses_the_broken_templates_too(tmp_path: Path) -> None:
    partial = '{{ define "bad" }}\n\n{{ fail "boom" }}{{ end }}'
    jobs = [
        Job(write(tmp_path / str(number) / "c", {"templates/a.yaml": text, "templates/_b.tpl": partial}))
        for number, (text, _, _) in enumerate(BROKEN.values())
    ]
    taken = [name for name, done in zip(BROKEN, helm.template_all(jobs), strict=True) if done.text is not None]
    assert not taken


def test_no_word_of_a_template_reaches_an_attribute_of_python(tmp_path: Path) -> None:
    words = ("__class__", "items", "keys", "update", "text", "members", "call", "moment", "_version")
    values = (
        ".Values",
        ".Files",
        ".Capabilities",
        ".Values.l",
        ".Values.s",
        "(now)",
        '(semver "1.2.3")',
        '(genCA "a" 1)',
    )
    for value in values:
        for word in words:
            write(tmp_path / "c", {"templates/a.yaml": f"{{{{ {value}.{word} }}}}", "values.yaml": "l: [1]\ns: a\n"})
            try:
                done = render(chart.read(tmp_path, "c"))
            except (Refused, Unsupported):
                continue
            assert done["c/templates/a.yaml"] in ("", "[]")
