"""The child process `irusu-gate survey`: what it reads comes as signals, a slice at a time, so the window never waits.

It is told what the gate knows on its standard input and is asked to end before it is made to.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import msgspec
from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal

import gate
from app.link.process import gate_command
from gate.control.messages import Candidate, Progress, SurveyContext, SurveyDone, SurveyLine, Unreadable

KILL_MILLISECONDS = 200
"""How long a cancelled child may take to end by itself."""
_SLICE = 400
"""Lines that are taken in before the window may breathe."""
_ERRORS_KEPT = 16 * 1024


class SurveyChild(QObject):
    """One survey, started at once.

    Signals:
        progress(Progress), unreadable(list[Unreadable]), candidates(list[Candidate]): as they come.
        done(SurveyDone): all was read; the last signal.
        broke(str): it ended before it was done, with its last words; the last signal.
    """

    progress = Signal(object)
    unreadable = Signal(object)
    candidates = Signal(object)
    done = Signal(object)
    broke = Signal(str)

    def __init__(
        self, paths: Sequence[Path], context: SurveyContext, account: str | None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._lines: list[bytes] = []
        self._next = 0
        self._rest = b""
        self._errors = b""
        self._ended = False
        self._over = False
        self._decoder = msgspec.json.Decoder(SurveyLine)
        self._context = msgspec.json.encode(context)
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._take_slice)
        program, *arguments = gate_command()
        arguments += ["survey", "--json", "--context", "-"]
        arguments += ["--account", account] if account else []
        arguments += ["--", *(str(path.absolute()) for path in paths)]
        # The process outlives this object while it ends: its parent is the application.
        self._process = QProcess(_application())
        self._process.setProgram(program)
        self._process.setArguments(arguments)
        self._process.setWorkingDirectory(os.fspath(Path(gate.__file__).parents[1]))
        self._connect_signals()
        self.destroyed.connect(self._process.kill)
        self._process.start()

    def _connect_signals(self) -> None:
        process = self._process
        self._connections = [
            process.started.connect(self._tell_context),
            process.readyReadStandardOutput.connect(self._read),
            process.readyReadStandardError.connect(self._read_errors),
            process.errorOccurred.connect(self._failed),
            process.finished.connect(self._finished),
            _application().aboutToQuit.connect(self._quit),
        ]

    @property
    def pid(self) -> int:
        """Of the running child, 0 when it is gone."""
        return 0 if self._over else int(self._process.processId())

    def cancel(self) -> None:
        """Ask the child to end, then make it. No signal follows."""
        if self._over:
            return
        self._close()
        process = self._process
        if process.state() == QProcess.ProcessState.NotRunning:
            process.deleteLater()
            return
        process.finished.connect(process.deleteLater)
        QTimer.singleShot(KILL_MILLISECONDS, process, process.kill)
        process.terminate()

    def _close(self) -> None:
        self._over = True
        self._slices.stop()
        for connection in self._connections:
            QObject.disconnect(connection)

    def _quit(self) -> None:
        self._close()
        self._process.kill()
        self._process.waitForFinished(1000)

    # ------------------------------------------------ what comes

    def _tell_context(self) -> None:
        self._process.write(self._context)
        self._process.closeWriteChannel()

    def _read(self) -> None:
        *lines, self._rest = (self._rest + self._process.readAllStandardOutput().data()).split(b"\n")
        self._lines.extend(lines)
        self._slices.start()

    def _read_errors(self) -> None:
        self._errors = (self._errors + self._process.readAllStandardError().data())[-_ERRORS_KEPT:]

    def _take_slice(self) -> None:
        lines = self._lines[self._next : self._next + _SLICE]
        self._next += len(lines)
        if self._next >= len(self._lines):
            self._lines, self._next = [], 0
            self._slices.stop()
        found: list[Candidate] = []
        problems: list[Unreadable] = []
        progress: Progress | None = None
        done: SurveyDone | None = None
        for text in lines:
            if not text.strip():
                continue
            try:
                line = self._decoder.decode(text)
            except msgspec.DecodeError:
                self._break(text.decode("utf-8", "replace")[:200])
                return
            progress = line.progress or progress
            done = line.done or done
            if line.candidate is not None:
                found.append(line.candidate)
            if line.unreadable is not None:
                problems.append(line.unreadable)
        for signal, what in ((self.progress, progress), (self.unreadable, problems), (self.candidates, found)):
            if what and not self._over:
                signal.emit(what)
        if done is not None and not self._over:
            self._leave()
            self.done.emit(done)
        elif self._ended and not self._lines:
            self._break(self._last_words())

    def _finished(self) -> None:
        self._ended = True
        self._read_errors()
        self._read()

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._break(self._process.errorString())

    def _break(self, why: str) -> None:
        self.cancel()
        self.broke.emit(why)

    def _leave(self) -> None:
        """It has said all; let it end by itself."""
        process = self._process
        self._close()
        if process.state() == QProcess.ProcessState.NotRunning:
            process.deleteLater()
        else:
            process.finished.connect(process.deleteLater)
            QTimer.singleShot(5000, process, process.kill)

    def _last_words(self) -> str:
        lines = [line.strip() for line in self._errors.decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1].removeprefix("irusu-gate: ") if lines else ""


def _application() -> QCoreApplication:
    return cast(QCoreApplication, QCoreApplication.instance())
