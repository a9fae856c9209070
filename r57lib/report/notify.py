"""Tells the outcome of a month to a webhook, by mail or into a mail file: each of them once.

`reports/.notified.json` remembers who was told what. A delivery that failed is not remembered, so that the next run
tries again; a server that takes a message and then does not answer is told a second time.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from email import message_from_string, policy
from email.header import Header
from email.message import EmailMessage
from itertools import count, takewhile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pandas as pd

from r57lib import disk
from r57lib.data.periods import VIET_NAM, parse_month
from r57lib.disk import read_secret
from r57lib.errors import WrongCall, did_you_mean, wrong_choice
from r57lib.view.words import LANGUAGES, Language, Words, words_of

_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class Outcome:
    """What a run of one month came to.

    `state` is `published` (the first time), `corrected` (with other facts than before), `again` (with other pages),
    `incomplete` (published without the runs of `failed`), `failed` (what was published stays as it was), or `alert`:
    warnings that begin or end. `published`
    counts pages; `failed` are runs, each with its reason; `folder` is where the month lies, or for a failed one what
    was built; `synthetic` says that made-up figures are in it. `changes` are sentences on what changed, by language,
    `address` is where readers find the month, and `attached` are files for its mails. The same outcome has the same
    `fingerprint`.
    """

    month: str
    as_of: str
    state: str
    published: int
    failed: tuple[tuple[str, str], ...]
    folder: Path
    fingerprint: str
    synthetic: bool = False
    changes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    address: str = ""
    attached: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Notice:
    """An outcome in words: a subject, and a text for each language."""

    outcome: Outcome
    subject: str
    messages: Mapping[Language, str]
    date: datetime

    @property
    def text(self) -> str:
        """The texts below each other, Vietnamese first."""
        return "\n\n".join(self.messages[language] for language in LANGUAGES)

    def as_json(self) -> str:
        """What a webhook is sent; `text` is what chat rooms show."""
        outcome = self.outcome
        failed = [{"run": run, "reason": reason} for run, reason in outcome.failed]
        facts = {key: getattr(outcome, key) for key in ("month", "as_of", "state", "published")}
        place = {"failed": failed, "folder": one_line(str(outcome.folder))}
        place |= {name: said for name in ("address", "changes") if (said := getattr(outcome, name))}
        return disk.as_json({**facts, **place, "text": self.text, "messages": dict(self.messages)})

    def as_mail(self, sender: str = "r57@localhost", to: Sequence[str] = ()) -> EmailMessage:
        """The notice as a mail; the same outcome has the same Message-ID."""
        subject = Header(self.subject, "utf-8", header_name="Subject").encode()  # EmailMessage's own loses a space
        mail: EmailMessage = message_from_string(f"Subject: {subject}\n\n", policy=policy.default)
        mail["From"] = sender
        if to:
            mail["To"] = ", ".join(to)
        mail["Date"] = self.date
        mail["Message-ID"] = f"<{outcome_digest(self.outcome)[:32]}@{sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # asks for no answer by a machine
        mail.set_content(f"{self.text}\n", cte="quoted-printable")  # passes servers that know ASCII alone
        for path in self.outcome.attached:
            mail.add_attachment(path.read_bytes(), maintype="application", subtype="pdf", filename=path.name)
        return mail


def make_notice(outcome: Outcome, labels: pd.DataFrame, now: datetime) -> Notice:
    """The notice of an outcome, its date the moment `now` in Viet Nam; `labels` is the table of that name."""
    outcome = replace(
        outcome,
        failed=tuple((one_line(run), one_line(reason)) for run, reason in outcome.failed),
        changes={language: [one_line(text) for text in told] for language, told in outcome.changes.items()},
    )
    both = [words_of(labels, language) for language in LANGUAGES]
    subject = " / ".join(words(f"notice.subject.{outcome.state}", month=_month(outcome, words)) for words in both)
    messages = {words.language: "\n".join(_lines(outcome, words)) for words in both}
    return Notice(outcome, one_line(subject), messages, now.astimezone(VIET_NAM))


def _lines(outcome: Outcome, words: Words) -> Iterator[str]:
    yield words(f"notice.{outcome.state}", month=_month(outcome, words))
    if told := outcome.changes.get(words.language):
        if outcome.state != "alert":
            yield words("notice.changes" if outcome.state == "corrected" else "notice.new")
        yield from (f"- {text}" for text in told)
    if outcome.state != "alert":
        yield words("notice.pages", count=words.number(outcome.published))
    if outcome.synthetic:
        yield words("document.synthetic")
    if outcome.failed:
        yield words("notice.errors", count=words.number(len(outcome.failed)))
        yield from (f"- {run}: {reason}" for run, reason in outcome.failed)
    yield words("live.as_of", day=words.date(date.fromisoformat(outcome.as_of)))
    place = "notice.aside" if outcome.state == "failed" else "notice.folder"
    if outcome.address and outcome.state != "failed":
        yield words("notice.address", address=outcome.address)
    else:
        yield words(place, folder=one_line(str(outcome.folder)))


def _month(outcome: Outcome, words: Words) -> str:
    return words.month(parse_month(outcome.month))


def one_line(text: str) -> str:
    """A text on one line: no colours of a terminal, nothing that ends a header, nothing that UTF-8 cannot hold."""
    return "".join(char if char.isprintable() else " " for char in _COLOURS.sub("", text)).strip()


def outcome_digest(outcome: Outcome, *target: str) -> str:
    """What stands for an outcome, told to a target: the same for the same."""
    return disk.digest(disk.as_json([*target, outcome.month, outcome.state, outcome.fingerprint]))


# --- telling it once -------------------------------------------------------------------------------------------------


def notify(
    targets: Iterable[Recipient], outcome: Outcome, reports: Path, labels: pd.DataFrame, *, now: datetime
) -> list[str]:
    """Tell an outcome to those who have not heard it yet; one line for each failure, none when all have.

    `labels` is the table of that name. No failure to deliver raises.
    """
    notice = make_notice(outcome, labels, now)
    said: list[str] = []
    try:
        with disk.alone(reports / ".locks" / "notify", "an outcome is being told", wait=True):
            said.extend(_told(targets, notice, reports / ".notified.json"))
    except OSError as error:
        said.append(f"{outcome.month}: nobody was told, for {reports} cannot be written: {failure_text(error)}")
    return said


def _told(targets: Iterable[Recipient], notice: Notice, memory: Path) -> Iterator[str]:
    """Tell each target, and remember it at once."""
    told = disk.read_json(memory)
    if not isinstance(told, dict):
        if memory.exists():
            yield f"{memory} cannot be read and counts as empty; what was told before may be told again"
        told = {}
    for target in targets:
        former = {to: outcome_digest(notice.outcome, target.name, to) for to in target.to}  # until December 2026
        keys = {to: outcome_digest(notice.outcome, target.name, _from_there(to, memory.parent)) for to in target.to}
        left = [to for to in target.to if not {keys[to], former[to]} & told.keys()]
        failed = _failures(target, notice, left) if left else {}
        for reason in dict.fromkeys(failed.values()):
            yield f"{notice.outcome.month}: could not tell {target.name}: {reason}"
        done = {keys[to]: notice.date.isoformat() for to in left if to not in failed}
        told |= done
        yield from _remember(memory, told) if done else ()


def _from_there(to: str, reports: Path) -> str:
    """A recipient as it is remembered: a file by its way from the reports, as both may be restored in another place."""
    with suppress(ValueError):  # another drive
        return os.path.relpath(to, reports) if Path(to).is_absolute() else to
    return to


def _remember(memory: Path, told: Mapping[str, str]) -> Iterator[str]:
    try:
        disk.write(memory, disk.as_json(told))
    except OSError as error:
        yield f"{memory}: {failure_text(error)}; what was told now will be told again"


def _failures(target: Recipient, notice: Notice, left: Sequence[str]) -> Mapping[str, str]:
    """Why each of those who are left could not be told: a server that drips its answer is not waited for, either."""
    failed: list[Mapping[str, str]] = []

    def tell() -> None:
        try:
            failed.append(target.tell(notice, left))
        except Exception as error:  # whatever a server answers, the run goes on to the next target
            failed.append(dict.fromkeys(left, failure_text(error)))

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    telling.join(WHOLE_SECONDS)
    return failed[0] if failed else dict.fromkeys(left, f"not delivered within {WHOLE_SECONDS:g} s")


# --- Whom the batch tells of an outcome, and how: webhooks, mail servers, mail files ---


SECONDS = 10.0
"""How long a server may be silent."""
WHOLE_SECONDS = 30.0
"""How long a delivery may take as a whole."""
_MAIL_FORM = "smtp://[USER@]HOST[:PORT]/?from=A&to=B[,C][&password-file=F]"
_FORMS = (
    f"https://HOST/PATH, {_MAIL_FORM} (or smtps://), apprise:FILE, a name that ends with .eml, or a folder that exists"
)
_FIELDS = ("from", "to", "password-file")
_ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^-~]+@[A-Za-z0-9.\-]+", re.ASCII)
_KEPT = "%!$&'()*+,;=:@/?~"  # what quote leaves as it is


Tell = Callable[[Notice, Sequence[str]], Mapping[str, str]]


@dataclass(frozen=True)
class Recipient:
    """Who is told: `name` is what may be printed, `to` are those who are told once each.

    `tell` gives the reason for each of them that could not be told, or raises when none could.
    """

    name: str
    to: tuple[str, ...] = field(repr=False)
    tell: Tell = field(repr=False, compare=False)


def parse_target(text: str) -> Recipient:
    """A target as it is written; raises `WrongCall`, which says how to write one and repeats no secret."""
    scheme, found, _ = text.partition("://")
    if text.startswith("apprise:"):
        return _chat(text.removeprefix("apprise:"))
    if not found:
        return _file(text)
    if scheme in ("https", "http"):
        return _webhook(_split(text, "https://HOST/PATH"))
    if scheme in ("smtp", "smtps"):
        return _mailbox(_split(text, _MAIL_FORM))
    meant = did_you_mean(scheme, ("https", "http", "smtp", "smtps"))
    shown = scheme if scheme.isalpha() else ""
    raise WrongCall(f"cannot notify '{shown}://…'{meant}; write {_FORMS}")


def parse_web(text: str) -> str:
    """The address at which readers find the reports, or none; raises `WrongCall` for what is no address of the web."""
    if text and (urlsplit(text).scheme not in ("https", "http") or not _split(text, "https://HOST/reports").hostname):
        raise WrongCall(f"--web '{one_line(text)}' is no address of a web page; write https://HOST/reports")
    return text


def _split(text: str, form: str) -> SplitResult:
    """The parts of an address; raises `WrongCall` for one without a host or with signs where they do not belong."""
    wrong = WrongCall(f"cannot read an address; write {form}, with %40 for @ in a name or password and %2F for /")
    try:
        parts = urlsplit(text)
        strange = not parts.hostname or parts.port == 0 or "@" in parts.path
    except ValueError:  # its message would repeat the address
        raise wrong from None
    if strange or " " in parts.netloc or not text.isprintable():
        raise wrong
    return parts


def _name(parts: SplitResult) -> str:
    """An address without user, password, path and query: the path of a webhook is often a secret, too."""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class _Stay(HTTPRedirectHandler):
    """Follows no redirection: it would ask for a page with GET, and tell nothing."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Nowhere."""


def _webhook(parts: SplitResult) -> Recipient:
    """A server that takes JSON."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "r57"}
    if "@" in parts.netloc:
        if parts.scheme == "http":
            raise WrongCall(f"{_name(parts)} has a user or a password, which go over https only")
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    path, query = quote(parts.path, _KEPT), quote(parts.query, _KEPT)
    address = parts._replace(path=path, query=query, netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()

    def tell(notice: Notice, left: Sequence[str]) -> Mapping[str, str]:
        request = Request(address, notice.as_json().encode(), headers, method="POST")
        try:
            build_opener(_Stay).open(request, timeout=SECONDS).close()
        except HTTPError as error:
            with error:
                advice = "; give the address that it leads to" if error.code < 400 else ""
                return dict.fromkeys(left, f"HTTP status {error.code}{advice}")
        return {}

    return Recipient(_name(parts), (address,), tell)


def _mailbox(parts: SplitResult) -> Recipient:
    """A mail server, and those whom it brings the mail."""
    if parts.password is not None:
        raise WrongCall(f"{_name(parts)}: everyone can see a password in a command; use password-file=F")
    fields = _fields(parts)
    to = tuple(dict.fromkeys(fields["to"].split(",")))
    for address in (fields["from"], *to):
        if not _ADDRESS.fullmatch(address):
            raise WrongCall(f"{_name(parts)}: '{one_line(address)}' is not a mail address; write name@example.gov.vn")
    user, file = unquote(parts.username or ""), fields.get("password-file", "")
    if bool(user) != bool(file):
        raise WrongCall(f"{_name(parts)}: a user and a password-file go together; write {_MAIL_FORM}")
    password = read_secret("password", file) if file else ""

    def tell(notice: Notice, left: Sequence[str]) -> Mapping[str, str]:
        with closing(_connect(parts)) as server:
            _secure(server, user, password)
            try:
                refused = server.send_message(notice.as_mail(fields["from"], to), fields["from"], left)
            except smtplib.SMTPRecipientsRefused as error:
                refused = error.recipients
            with suppress(OSError):  # the mail is on its way, however the server takes leave
                server.quit()
        return {address: f"{address}: {_answer(*refused[address])}" for address in left if address in refused}

    return Recipient(_name(parts), to, tell)


def _fields(parts: SplitResult) -> dict[str, str]:
    """The fields of a mail target; a + in an address stays one."""
    fields: dict[str, str] = {}
    for pair in filter(None, parts.query.split("&")):
        key, _, value = pair.partition("=")
        if key not in _FIELDS:
            raise wrong_choice("field of a mail target", one_line(key), _FIELDS)
        if key in fields:
            raise WrongCall(f"{_name(parts)}: '{key}' stands there twice; write {_MAIL_FORM}")
        fields[key] = unquote(value)
    for key in ("from", "to"):
        if not fields.get(key):
            raise WrongCall(f"{_name(parts)}: '{key}' is missing; write {_MAIL_FORM}")
    return fields


def _connect(parts: SplitResult) -> smtplib.SMTP:
    host, port = parts.hostname or "", parts.port or 0  # 0: the usual port, 25 or 465
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=SECONDS)


def _secure(server: smtplib.SMTP, user: str, password: str) -> None:
    """Encrypt where that is offered, and log in.

    A password goes only to a server that proves its name. Without one, any encryption is better than the plain text
    that would be sent otherwise.
    """
    server.ehlo_or_helo_if_needed()
    if not isinstance(server.sock, ssl.SSLSocket) and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context() if user else None)
    if user:
        if not isinstance(server.sock, ssl.SSLSocket):
            raise smtplib.SMTPNotSupportedError("the server offers no TLS, so the password was not sent; try smtps://")
        server.login(user, password)


def _chat(file: str) -> Recipient:
    """Chat rooms and whatever else apprise knows, by addresses in a file: most of them hold a secret."""
    addresses = [line.strip() for line in read_secret("apprise", file).splitlines()]
    addresses = [line for line in addresses if line and not line.startswith("#")]
    try:
        from apprise import Apprise  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise WrongCall("apprise: is not installed here: pip install -e '.[chat]'") from None
    for number, address in enumerate(addresses, 1):
        if not Apprise().add(address):
            raise WrongCall(f"{file}: address {number} is none that apprise knows")

    def tell(notice: Notice, left: Sequence[str]) -> Mapping[str, str]:
        failed = {}
        for place in left:
            room = Apprise()
            room.add(addresses[int(place.rpartition(" ")[2]) - 1])
            if not room.notify(title=notice.subject, body=notice.text):
                failed[place] = f"{place} did not take the message"
        return failed

    return Recipient(f"apprise:{file}", tuple(f"address {number}" for number in range(1, len(addresses) + 1)), tell)


_GIVEN_UP_SECONDS = 3600
"""What has been half written for so long, nobody writes any more."""


def _file(text: str) -> Recipient:
    """A mail file, or a folder of them."""
    path = Path(text).absolute()
    if not text or not (path.is_dir() or text.endswith(".eml")):
        shown = f"…@{text.rpartition('@')[2]}" if "@" in text else text
        raise WrongCall(f"cannot notify '{one_line(shown)}'; write {_FORMS}")
    if not path.parent.is_dir():
        raise WrongCall(f"cannot write '{text}': there is no folder '{path.parent}'")

    def tell(notice: Notice, left: Sequence[str]) -> Mapping[str, str]:
        del left
        begin = f"r57-{notice.outcome.month}-{notice.outcome.state}"
        mail, place = notice.as_mail(), path
        if path.is_dir():
            for half in path.glob(".r57-*.eml.*.new"):  # of a call that was killed in the middle of a line
                if half.stat().st_mtime < time.time() - _GIVEN_UP_SECONDS:
                    half.unlink(missing_ok=True)
            named = (path / f"{begin}{f'-{number}' if number > 1 else ''}.eml" for number in count(1))
            there = list(takewhile(Path.exists, named))
            if any(f"Message-ID: {mail['Message-ID']}" in each.read_text("utf-8", "replace") for each in there):
                return {}  # a call that was killed before it could remember has told it
            place = path / f"{begin}{f'-{len(there) + 1}' if there else ''}.eml"
        disk.write(place, mail.as_string())
        return {}

    return Recipient(text, (str(path),), tell)


# --- failures to deliver --------------------------------------------------------------------------------------------


def failure_text(error: Exception) -> str:
    """Why a delivery failed, without any text that could hold an address or a password."""
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        return failure_text(error.reason)
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):  # smtplib hides it in its own
        return f"no answer within {SECONDS:g} s"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"user or password refused ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPException):
        return str(error)
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _answer(code: int, text: bytes | str) -> str:
    return f"{code} {one_line(text.decode(errors='replace') if isinstance(text, bytes) else text)}"
