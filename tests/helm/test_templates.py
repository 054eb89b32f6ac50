"""Generated templates and values: where we render, Helm renders the same; where we refuse, Helm refuses."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.helm.comparing import compare

# Each example is a call of Helm: shrinking would take minutes.
_SETTINGS = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])

_KEYS = st.sampled_from(["a", "b", "c", "10", "9", "x-y"])
_TEXTS = st.text(alphabet="ab \n:#-'\"{}[]&*!|>%@`,?é✓0157.~/\\\t", max_size=12) | st.sampled_from(
    ["yes", "null", "1e3", "0x1F", "2024-01-01", "1:30", "", "a: b", "- a", "word " * 20, "{{ .a }}", "true"]
)
_SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**7), 10**7) | st.floats(-1e22, 1e22).filter(lambda n: n != 0) | _TEXTS
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=8
)

_NAMES = st.sampled_from([".Values.a", ".Values.b", ".Values.c", "$.Values.a", "$x"])
_LITERALS = st.sampled_from(["1", '"s"', "true", "nil", "1.5", "`r`", "(list 1 nil)", '(dict "a" 1)'])
_CALLS = [
    "{} {}", "default {} {}", "eq {} {}", "and {} {}", "or {} {}", "list {} {}", "print {} {}", "ternary {} {} true",
    'dict "a" {} "b" {}', "coalesce {} {}", "ne {} {}", "cat {} {}", "merge (dict) (dict) | default {} | list {}",
]  # fmt: skip
_WRAPPERS = [
    "toYaml", "toJson", "quote", "not", "empty", "kindOf", "typeOf", "toString", "len", "first", "keys | sortAlpha",
    "int", 'printf "%v"', "squote", "join `,`", "toYaml | nindent 2", "fromYaml | toJson", "b64enc", "default `d`",
]  # fmt: skip


@st.composite
def _operands(draw: st.DrawFn, dot: bool, depth: int) -> str:
    """`dot`: whether it is a value; at the top it holds pointers, which Helm prints as addresses."""
    if depth < 2 and draw(st.integers(0, 3)) == 0:
        return f"({draw(_pipelines(dot, depth + 1))})"
    name = draw(_NAMES | _LITERALS | st.sampled_from(["."] if dot else ["$x"]))
    return f"{name}.{draw(st.sampled_from(['a', 'b']))}" if name == "$x" and draw(st.booleans()) else name


@st.composite
def _pipelines(draw: st.DrawFn, dot: bool, depth: int = 0) -> str:
    operands = [draw(_operands(dot, depth)) for _ in range(2)]
    first = draw(st.sampled_from(_CALLS[1:])).format(*operands) if draw(st.booleans()) else operands[0]
    if first == "nil":
        first = "list nil"
    return " | ".join([first, *draw(st.lists(st.sampled_from(_WRAPPERS), max_size=2))])


@st.composite
def _nodes(draw: st.DrawFn, dot: bool = False, depth: int = 0) -> str:
    left, right = draw(st.sampled_from(["{{ ", "{{- "])), draw(st.sampled_from([" }}", " -}}"]))
    text = draw(st.sampled_from(["", " ", "\n", "a\n", "  b"]))
    pipeline = draw(_pipelines(dot))
    kind = draw(st.integers(0, 9 if depth < 2 else 3))
    if kind < 4:
        return f"{text}{left}{pipeline}{right}"
    if kind == 4:
        return f"{text}{left}$x {draw(st.sampled_from([':=', '=']))} {pipeline}{right}"
    inner = "".join(draw(st.lists(_nodes(dot or kind > 6, depth + 1), min_size=1, max_size=2)))
    rest = f"{{{{ else }}}}{draw(_nodes(dot, depth + 1))}" if draw(st.booleans()) else ""
    if kind in (5, 6):
        return f"{text}{left}if {pipeline}{right}{inner}{rest}{{{{ end }}}}"
    if kind == 7:
        return f"{text}{left}with {pipeline}{right}{inner}{rest}{{{{ end }}}}"
    variables = draw(st.sampled_from(["", "$x := ", "$i, $x := "]))
    jump = draw(st.sampled_from(["", "{{ break }}", "{{ if . }}{{ continue }}{{ end }}"]))
    return f"{text}{left}range {variables}{pipeline}{right}{inner}{jump}{rest}{{{{ end }}}}"


_TEMPLATES = st.lists(_nodes(), min_size=1, max_size=3).map(lambda nodes: "{{ $x := .Values.c }}" + "".join(nodes))
_THREE = st.fixed_dictionaries({"a": _VALUES, "b": _VALUES, "c": st.dictionaries(_KEYS, _VALUES, max_size=3)})


@_SETTINGS
@given(st.lists(_TEMPLATES, min_size=15, max_size=25, unique=True), _THREE)
def test_generated_templates_render_as_in_helm(templates: list[str], values: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        answers = compare(Path(folder), templates, values, refusals=2)
    unsupported = [answer.reason for answer in answers if answer.is_unsupported]
    assert len(unsupported) * 10 <= len(answers), unsupported


@_SETTINGS
@given(st.lists(_VALUES, min_size=30, max_size=40))
def test_generated_values_are_written_as_by_helm(values: list[object]) -> None:
    writers = [
        "toYaml .",
        "toJson .",
        "toPrettyJson .",
        "print .",
        "quote .",
        "toYaml (dict `k` .) | fromYaml | toYaml",
    ]
    with tempfile.TemporaryDirectory() as folder:
        loops = [f"{{{{ range .Values.all }}}}{{{{ {writer} }}}}\n{{{{ end }}}}" for writer in writers]
        answers = compare(Path(folder), loops, {"all": values})
    assert not any(answer.is_unsupported for answer in answers)
