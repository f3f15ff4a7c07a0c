"""Make an account, or change one: address, aliases, whom it was given to, and whether bounces are refused."""

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.language import filled
from app.link.client import CallFailed
from app.models.accounts import AccountsModel
from app.widgets.form import FormDialog, Lines
from gate.control.messages import Account, AddAccount, Change, Fault, SetAccount
from gate.rules import address


class AccountDialog(FormDialog):
    """With `account`: change it; its address stays.

    `result_account` is what the gate made of it, `change` the journal's line.
    """

    def __init__(self, model: AccountsModel, account: Account | None = None, parent: QWidget | None = None) -> None:
        new = account is None
        super().__init__(
            self.tr("Add an account") if new else self.tr("Edit account"),
            self.tr("Add the account") if new else self.tr("Save"),
            parent,
        )
        self._model = model
        self._account = account
        self.result_account: Account | None = None
        self.change: Change | None = None
        self.address = QLineEdit(account.address if account is not None else "")
        self.address.setReadOnly(account is not None)
        self.address.setPlaceholderText(self.tr("anna@example.org"))
        self.address.setAccessibleName(self.tr("Address"))
        self.aliases = Lines(self.tr("Aliases"))
        self.given_to = QLineEdit(account.given_to or "" if account is not None else "")
        self.given_to.setAccessibleName(self.tr("Given to"))
        self.expect = Lines(self.tr("Expected senders"))
        self.refuse_bounces = QCheckBox(self.tr("Refuse bounces too"))
        if account is not None:
            self.aliases.setPlainText("\n".join(account.aliases))
            self.expect.setPlainText("\n".join(account.expect))
            self.refuse_bounces.setChecked(account.refuse_bounces)
        self._lay_out()
        for field in (self.address, self.aliases, self.given_to, self.expect):
            field.textChanged.connect(lambda *_text: self.show_wrong(""))  # what it complained of is being corrected
        (self.aliases if account is not None else self.address).setFocus()

    def _lay_out(self) -> None:
        self.add_field(
            self.tr("Address"), self.address,
            self.tr("An account keeps its address.") if self._account is not None
            else self.tr("One of your own addresses. It gets its own list of senders that it does not want."),
        )  # fmt: skip
        self.add_field(
            self.tr("Aliases"), self.aliases,
            self.tr("Other addresses whose mail comes to the same person, one a line. They share its lists."),
        )  # fmt: skip
        self.add_field(
            self.tr("Given to"), self.given_to,
            self.tr("If only one service knows this address: its name. Mail from others is then a leak."),
        )  # fmt: skip
        self.add_field(
            self.tr("Expected senders"), self.expect,
            self.tr("Who of that service writes here, one pattern a line, such as @acme.example."),
        )  # fmt: skip
        self.add_field(
            "", self.refuse_bounces,
            self.tr(
                "Bounces come from the empty sender <>, and so do the probes of other servers that check whether an "
                "address is real. While they get in, such a probe tells that a denied account exists after all."
            ),
        )  # fmt: skip

    def send(self) -> None:
        if self._account is None:
            self._model.add(
                AddAccount(
                    address=self.address.text().strip(),
                    aliases=self.aliases.lines(commas=True),
                    given_to=self.given_to.text().strip() or None,
                    expect=self.expect.lines(),
                    refuse_bounces=self.refuse_bounces.isChecked(),
                ),
                self._done,
                self._failed,
            )
            return
        self._model.set(
            SetAccount(
                address=self._account.address,
                aliases=self.aliases.lines(commas=True),
                given_to=self.given_to.text().strip(),
                expect=self.expect.lines(),
                refuse_bounces=self.refuse_bounces.isChecked(),
            ),
            self._done,
            self._failed,
        )

    def _done(self, account: Account, change: Change | None) -> None:
        self.result_account, self.change = account, change
        self.succeed()

    def _failed(self, fault: CallFailed) -> None:
        if self._is_about_aliases(fault):
            self.complain(filled(self.tr("Aliases: %1"), fault.text))
            self.aliases.setFocus()
            return
        self.complain(fault.text)
        if fault.code.startswith(("address.", "account.")) and self._account is None:
            self.address.setFocus()

    def _is_about_aliases(self, fault: CallFailed) -> bool:
        """The gate does not say of which field it complains: its first is the address."""
        if fault.code.startswith("account.alias_"):
            return True
        try:
            given = address.parse(self.address.text())
        except Fault:
            return False
        if fault.code.startswith("account."):
            named = fault.params.get("address", given.text)
            return fault.code != "account.exists" and named != given.text
        return fault.code.startswith("address.") and fault.params.get("domain", "") != given.domain
