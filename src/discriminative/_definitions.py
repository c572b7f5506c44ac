"""The definitions of a package that a piece of it reaches by name, read from its text."""

from __future__ import annotations

import ast
import hashlib
import symtable
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

__all__ = ["Choice", "Definition", "Definitions", "Place", "Rules", "spelled"]

Place = tuple[str, str]  # a module, and a name in it


@dataclass(frozen=True)
class Rules:
    """What is special about a package.

    Args:
        face: a module that gathers the names of others; through it a name is reached only where it is chosen.
        tables: dictionaries at the top of a module, of which only the chosen entry is reached.
        settings: a module whose classes hold plain values: of them, methods alone are reached, and by their name.
        unreached: modules, and beginnings of names, that are reached by nothing.
        silent: methods that nothing depends on.
    """

    face: str
    tables: frozenset[Place]
    settings: str
    unreached: tuple[Place, ...]
    silent: frozenset[str] = frozenset({"extra_repr", "__repr__", "__str__"})


@dataclass(frozen=True)
class Choice:
    """What one use of the package chooses: names of the face, and a key for each table."""

    names: frozenset[str]
    keys: tuple[tuple[Place, str], ...]


@dataclass(frozen=True)
class Definition:
    """A function, a class, a constant, an entry of a table, or a method of a class of plain values.

    Args:
        module: where it stands.
        name: what it is called there.
        lines: the first and the last line of each of its statements.
        digest: SHA-256 of its code: no annotations, comments, docstrings or messages.
        references: what it names, as it spells it: places in the package, or the full name of what lies outside.
        mentions: the attributes that it reads of anything.
    """

    module: str
    name: str
    lines: tuple[tuple[int, int], ...]
    digest: str
    references: tuple[tuple[str, Place | str], ...]
    mentions: frozenset[str]


class Definitions:
    """A package as text, module by module.

    Args:
        texts: every module's text by its full name.
        rules: what is special about it.
    """

    def __init__(self, texts: Mapping[str, bytes], rules: Rules) -> None:
        self.texts, self.rules = texts, rules
        self.modules: dict[str, _Module] = {}
        self.found: dict[tuple[str, str, str | None], Definition] = {}

    def reached(self, roots: Iterable[Place], choice: Choice) -> list[Definition]:
        """Every definition that ``roots`` reach, those of themselves among them.

        Raises:
            LookupError: if a root is not defined.
        """
        return [definition for definition, _ in self._edges(roots, choice)]

    def digest(self, roots: Iterable[Place], choice: Choice) -> str:
        """SHA-256 of all that ``roots`` reach, and of what each name in it stands for; where it stands is no part."""
        lines = sorted(
            f"{definition.name} {definition.digest} {' '.join(f'{name}={target}' for name, target in edges)}"
            for definition, edges in self._edges(roots, choice)
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def place(self, module: str, name: str) -> Place:
        """Where a name of a module is defined, whatever it was imported through.

        Raises:
            LookupError: if it is not.
        """
        target = self._module(module).target(name)
        while isinstance(target, tuple) and target[0] == self.rules.face:
            target = self._module(target[0]).target(target[1])
        if not isinstance(target, tuple):
            raise LookupError(f"{module} defines no {name}")
        return target

    def _edges(self, roots: Iterable[Place], choice: Choice) -> list[tuple[Definition, list[tuple[str, str]]]]:
        keys = dict(choice.keys)
        waiting = [self._definition(module, name, keys.get((module, name))) for module, name in roots]
        found: dict[tuple[str, str], tuple[Definition, list[tuple[str, str]]]] = {}
        mentioned: set[str] = set()
        methods = self._methods
        while waiting:
            definition = waiting.pop()
            if (definition.module, definition.name) in found:
                continue
            edges: list[tuple[str, str]] = []
            found[definition.module, definition.name] = definition, edges
            for name, target in definition.references:
                if isinstance(target, str):
                    edges.append((name, target))
                    continue
                reached = self._follow(target, choice, keys)
                if reached is not None:
                    edges.append((name, reached.digest))
                    waiting.append(reached)
            effects = self._module(definition.module).effects
            if effects is not None:
                waiting.append(effects)
            for new in definition.mentions - mentioned:
                waiting += [
                    method for method in methods.get(new, []) if not self._is_unreached(method.module, method.name)
                ]
            mentioned |= definition.mentions
        return list(found.values())

    def _follow(self, place: Place, choice: Choice, keys: dict[Place, str]) -> Definition | None:
        if place[0] == self.rules.face:
            if place[1] not in choice.names:
                return None
            place = self.place(*place)
        module, name = place
        if self._is_unreached(module, name):
            return None
        if module == self.rules.settings and self._module(module).is_class(name):
            return None
        return self._definition(module, name, keys.get(place))

    def _is_unreached(self, module: str, name: str) -> bool:
        return any(module == where and name.startswith(start) for where, start in self.rules.unreached)

    def _module(self, name: str) -> _Module:
        if name not in self.modules:
            self.modules[name] = _Module(name, self)
        return self.modules[name]

    def _definition(self, module: str, name: str, key: str | None) -> Definition:
        place = module, name, key
        if place not in self.found:
            self.found[place] = self._module(module).definition(name, key)
        return self.found[place]

    @cached_property
    def _methods(self) -> dict[str, list[Definition]]:
        """Methods of the classes of plain values, by name; what only checks a value on its way in is none."""
        found: dict[str, list[Definition]] = {}
        module = self._module(self.rules.settings)
        for name, statements in module.statements.items():
            for kind in statements:
                for method in kind.body if isinstance(kind, ast.ClassDef) else []:
                    if isinstance(method, ast.FunctionDef) and not method.name.startswith("__"):
                        found.setdefault(method.name, []).append(module.described(f"{name}.{method.name}", [method]))
        return found


class _Module:
    """The statements of one module by the names that they bind, and where its imported names come from."""

    def __init__(self, name: str, package: Definitions) -> None:
        self.name, self.package = name, package
        self.statements: dict[str, list[Any]] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        effects: list[Any] = []
        tree = ast.parse(package.texts[name])
        for statement in tree.body:
            if isinstance(statement, ast.Expr):
                if not isinstance(statement.value, ast.Constant):
                    effects.append(statement)
                continue
            self.imports |= _imports(statement)
            if isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            names = _bound(statement)
            for bound in names:
                self.statements.setdefault(bound, []).append(statement)
            if not names and not _only_imports(statement):
                effects.append(statement)
        self.effects = self.described("", effects) if effects else None

    def is_class(self, name: str) -> bool:
        return isinstance(self.statements.get(name, [None])[0], ast.ClassDef)

    def target(self, name: str) -> Place | str | None:
        """What a name at the top of this module stands for: a place, the full name of something else, or nothing."""
        if name in self.statements:
            return self.name, name
        return self.imported(*self.imports[name]) if name in self.imports else None

    def imported(self, module: str, name: str) -> Place | str:
        texts = self.package.texts
        if not name or f"{module}.{name}" in texts:
            return f"{module}.{name}".rstrip(".")
        if module not in texts:
            return f"{module}.{name}"
        if module == self.package.rules.face:
            return module, name
        return self.package._module(module).target(name) or f"{module}.{name}"

    def definition(self, name: str, key: str | None) -> Definition:
        if name not in self.statements:
            raise LookupError(f"{self.name} defines no {name}")
        statements = self.statements[name]
        if key is None or len(statements) != 1 or not isinstance(getattr(statements[0], "value", None), ast.Dict):
            return self.described(name, statements)
        table = statements[0].value
        exact = [v for k, v in zip(table.keys, table.values, strict=True) if getattr(k, "value", None) == key]
        rest = [v for k, v in zip(table.keys, table.values, strict=True) if k is None]
        chosen = [ast.copy_location(ast.Expr(value), value) for value in exact[-1:] or rest]
        return self.described(f"{name}[{key!r}]", chosen)

    def described(self, name: str, statements: list[Any]) -> Definition:
        locals_: dict[str, tuple[str, str]] = {}
        for statement in statements:
            for node in ast.walk(statement):
                locals_ |= _imports(node) if isinstance(node, ast.Import | ast.ImportFrom) else {}
        references: dict[str, Place | str] = {}

        def resolve(node: ast.AST) -> Place | str | None:
            if isinstance(node, ast.Name):
                known = node.id in locals_
                return self.imported(*locals_[node.id]) if known else self.target(node.id)
            if isinstance(node, ast.Attribute):
                module = resolve(node.value)
                if isinstance(module, str) and module in self.package.texts:
                    return self.imported(module, node.attr)
            return None

        for statement in statements:  # before annotations go: the classes that they name are what the code handles
            for node in _annotated(statement):
                target = resolve(node)
                if isinstance(target, tuple) and self.package._module(target[0]).is_class(target[1]):
                    references[ast.unparse(node)] = target
        bare = [_Bare(self.package.rules.silent).visit(deepcopy(statement)) for statement in statements]
        names = _global_names(bare) | set(locals_)
        mentions = set()
        for statement in bare:
            for node in ast.walk(statement):
                if isinstance(node, ast.Attribute):
                    mentions.add(node.attr)
                elif not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
                    continue
                base: ast.AST = node
                while isinstance(base, ast.Attribute):
                    base = base.value
                if not isinstance(base, ast.Name) or base.id not in names:
                    continue
                target = resolve(node)
                if target is not None and target not in self.package.texts:
                    references[ast.unparse(node)] = target
        references.pop(name, None)
        return Definition(
            self.name,
            name,
            tuple((_first_line(statement), statement.end_lineno) for statement in statements),
            hashlib.sha256("".join(spelled(statement) for statement in bare).encode()).hexdigest(),
            tuple(sorted(references.items())),
            frozenset(mentions),
        )


def _imports(statement: ast.AST) -> dict[str, tuple[str, str]]:
    """The names that the imports of a statement bind, each with the module and the name in it (empty for a module)."""
    found = {}
    for node in ast.walk(statement) if isinstance(statement, ast.If | ast.Try) else [statement]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0],
                    "",
                )
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None or any(alias.name == "*" for alias in node.names):
                raise ValueError(f"line {node.lineno}: {ast.unparse(node)!r} does not say what it imports")
            found |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    return found


def _only_imports(statement: ast.stmt) -> bool:
    inner = [node for node in ast.walk(statement) if isinstance(node, ast.stmt)]
    return all(isinstance(node, ast.If | ast.Try | ast.Import | ast.ImportFrom | ast.Pass) for node in inner)


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement at the top of a module binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {n.name for n in ast.walk(statement) if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def _annotated(statement: ast.AST) -> Iterator[ast.AST]:
    """The names and attributes within the annotations of a statement."""
    for node in ast.walk(statement):
        for field in ("annotation", "returns"):
            annotation = getattr(node, field, None)
            if annotation is not None:
                yield from (part for part in ast.walk(annotation) if isinstance(part, ast.Name | ast.Attribute))


class _Bare(ast.NodeTransformer):
    """A statement without what no result depends on."""

    def __init__(self, silent: frozenset[str]) -> None:
        self.silent = silent

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        node.body = _without_docstring(node) or [ast.Pass()]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        keeps_fields = any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
        node.body = [
            statement
            for statement in _without_docstring(node)
            if not (isinstance(statement, ast.FunctionDef) and statement.name in self.silent)
            and (keeps_fields or not isinstance(statement, ast.AnnAssign) or statement.value is not None)
        ] or [ast.Pass()]
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign) and keeps_fields:
                statement.annotation = ast.Constant("")
        body = [
            statement if isinstance(statement, ast.AnnAssign) and keeps_fields else self.visit(statement)
            for statement in node.body
        ]
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.body = [statement for statement in body if statement is not None]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign([node.target], self.visit(node.value)), node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.exc, ast.Call):
            node.exc.args = [_silenced(argument) for argument in node.exc.args]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        first = {"require": 1, "print": 0}.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if first is not None:
            node.args[first:] = [_silenced(argument) for argument in node.args[first:]]
        return node


def _silenced(argument: ast.expr) -> ast.expr:
    """A message without its words; the values that it shows stay, for they are computed."""
    if isinstance(argument, ast.JoinedStr):
        shown: list[ast.expr] = [part.value for part in argument.values if isinstance(part, ast.FormattedValue)]
        return ast.copy_location(ast.Tuple(shown, ast.Load()), argument)
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return ast.copy_location(ast.Tuple([], ast.Load()), argument)
    return argument


def _without_docstring(node: ast.FunctionDef | ast.ClassDef) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body


def _global_names(statements: list[Any]) -> set[str]:
    """The names in statements that are no local variables of the functions in them."""
    functions: list[Any] = ast.parse("def _(): pass\n" * len(statements)).body
    for function, statement in zip(functions, statements, strict=True):
        function.body = [statement]
    text = ast.unparse(ast.fix_missing_locations(ast.Module(functions, type_ignores=[])))
    found: set[str] = set()
    waiting = symtable.symtable(text, "definition", "exec").get_children()
    while waiting:
        table = waiting.pop()
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
        waiting += table.get_children()
    return found


def _first_line(statement: Any) -> int:
    return min(int(node.lineno) for node in [statement, *getattr(statement, "decorator_list", [])])


def spelled(node: Any) -> str:
    """A syntax tree as text that is the same under every Python: what is empty is left out (``ast.dump`` is not)."""
    if isinstance(node, ast.AST):
        fields = [f"{name}={spelled(value)}" for name, value in ast.iter_fields(node) if value not in (None, [])]
        return f"{type(node).__name__}({','.join(fields)})"
    return f"[{','.join(map(spelled, node))}]" if isinstance(node, list) else repr(node)
