"""The palette and the one short style sheet for buttons, fields, menus and bars. The rest paints itself.

Roles are dynamic properties that `app.widgets` set: `kind` of a button (`primary`, `plain`, `quiet`, `link`,
`on-red`), `kind` of a label (`muted`, `caption`, …). A style property may not be called `focus`: Qt takes it for the
widget's own.
"""

from string import Template

from PySide6.QtGui import QColor, QPalette

from app.theme.tokens import Tokens, staled

_SHEET = Template("""
QToolTip { background: $toast; color: $white; border: 1px solid $toast; padding: 4px 8px; }
QPushButton {
    background: $base; color: $text; border: 1px solid $edge; border-radius: 6px; padding: 0 13px;
    min-height: 30px; outline: none;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $hairline; }
QPushButton:disabled { color: $muted; background: $window; border-color: $hairline; }
QPushButton:focus { border: 2px solid $accent; padding: 0 12px; min-height: 28px; }
QPushButton[kind="primary"] { background: $primary; color: $white; border: 1px solid $primary; font-weight: bold; }
QPushButton[kind="primary"]:hover { background: $primary_hover; }
QPushButton[kind="primary"]:disabled { background: $hairline; color: $muted; border-color: $hairline; }
QPushButton[kind="primary"]:focus { border: 2px solid $focus_on_fill; }
QPushButton[kind="quiet"] { background: transparent; border: 1px solid transparent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border: 2px solid $accent; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: $accent; padding: 0 3px; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:disabled { color: $muted; }
QPushButton[kind="link"]:focus { border: 2px solid $accent; padding: 0 2px; }
QPushButton[kind="on-red"] { background: transparent; color: $white; border: 1px solid #E3B5B7; }
QPushButton[kind="on-red"]:hover { background: #8A1D23; }
QPushButton[kind="on-red"]:focus { border: 2px solid $white; }
QPushButton[kind="on-red-primary"] { background: $white; color: #A3252C; border: 1px solid $white; font-weight: bold; }
QPushButton[kind="on-red-primary"]:hover { background: #FBE7E6; }
QPushButton[kind="on-red-primary"]:focus { border: 2px solid #24598C; }
QPushButton[kind="on-toast"] {
    background: transparent; color: $toast_link; border: 1px solid transparent; font-weight: bold;
    padding: 0 5px; min-height: 26px;
}
QPushButton[kind="on-toast"]:focus { border: 2px solid $toast_link; padding: 0 4px; min-height: 24px; }
QPushButton[kind="icon"] { background: transparent; border: 1px solid transparent; padding: 0; min-width: 30px; }
QPushButton[kind="icon"]:hover { background: $hover; }
QPushButton[kind="icon"]:focus { border: 2px solid $accent; min-width: 28px; }
QPushButton::menu-indicator { width: 0; }
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDateTimeEdit {
    background: $base; color: $text; border: 1px solid $border; border-radius: 6px; padding: 0 9px;
    selection-background-color: $primary; selection-color: $white;
}
QLineEdit { min-height: 30px; }
QPlainTextEdit, QTextEdit { padding: 4px 8px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus {
    border: 2px solid $accent; padding: 0 8px; min-height: 28px;
}
QPlainTextEdit:focus, QTextEdit:focus { padding: 3px 7px; }
QLineEdit:disabled, QPlainTextEdit:disabled { color: $muted; background: $window; border-color: $hairline; }
QLineEdit[wrong="true"] { border-color: $lost; }
QComboBox {
    background: $base; color: $text; border: 1px solid $border; border-radius: 6px; padding: 0 8px; min-height: 30px;
    outline: none;
}
QComboBox:hover { background: $hover; }
QComboBox:focus, QComboBox:on { border: 2px solid $accent; padding: 0 7px; min-height: 28px; }
QComboBox:disabled { color: $muted; background: $window; border-color: $hairline; }
QComboBox::drop-down { border: none; width: 28px; }
QComboBox::down-arrow { image: url("$arrow"); width: 16px; height: 16px; }
QComboBox QAbstractItemView {
    background: $base; color: $text; border: 1px solid $edge; padding: 4px; outline: none;
    selection-background-color: $selection; selection-color: $text;
}
QMenu { background: $base; color: $text; border: 1px solid $edge; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $hairline; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $handle; border-radius: 3px; margin: 3px; }
QScrollBar::handle:hover { background: $border; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
    background: none; border: none; width: 0; height: 0;
}
QScrollArea { border: none; background: transparent; }
QProgressBar {
    background: $hairline; border: none; border-radius: 4px; min-height: 8px; max-height: 8px; color: transparent;
}
QProgressBar::chunk { background: $primary; border-radius: 4px; }
QTableView, QTreeView, QListView {
    background: $base; color: $text; border: none; outline: none;
    selection-background-color: $selection; selection-color: $text;
}
QHeaderView { background: transparent; border: none; }
QHeaderView::section {
    background: $base; color: $muted; border: none; border-bottom: 1px solid $hairline; padding: 0 8px;
}
QCheckBox, QRadioButton {
    color: $text; spacing: 8px; border: 2px solid transparent; border-radius: 4px; outline: none;
}
QCheckBox:focus, QRadioButton:focus { border: 2px solid $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $muted; }
QCheckBox::indicator, QRadioButton::indicator { width: 16px; height: 16px; border: none; }
QCheckBox::indicator:unchecked { image: url("$box"); }
QCheckBox::indicator:checked { image: url("$box_checked"); }
QCheckBox::indicator:indeterminate { image: url("$box_part"); }
QRadioButton::indicator:unchecked { image: url("$radio"); }
QRadioButton::indicator:checked { image: url("$radio_checked"); }
QLabel[kind="muted"] { color: $muted; }
QLabel[kind="warning"] { color: $open; }
QLabel[kind="error"] { color: $lost; }
*[stale="true"] QLabel, *[stale="true"] QLineEdit, *[stale="true"] QComboBox, *[stale="true"] QCheckBox,
*[stale="true"] QRadioButton, *[stale="true"] QPushButton[kind="plain"] { color: $stale_text; }
*[stale="true"] QLabel[kind="muted"], *[stale="true"] QLabel[kind="warning"], *[stale="true"] QLabel[kind="error"],
*[stale="true"] QPushButton[kind="link"] { color: $stale_rest; }
""")


def style_sheet(t: Tokens, pictures: dict[str, str]) -> str:
    """The style sheet filled with the tokens; `pictures` are files for arrows and boxes, drawn in its colours."""
    values = {name: getattr(t, name).name() for name in (
        "window", "base", "hairline", "text", "muted", "border", "accent", "primary", "selection", "open", "lost",
        "toast", "toast_link", "white",
    )}  # fmt: skip
    values["stale_text"], values["stale_rest"] = staled(t).text.name(), staled(t).muted.name()
    values["edge"] = _mix(t.hairline, t.border, 0.35).name()
    values["hover"] = t.base.name() if t.high_contrast else _mix(t.base, t.hairline, 0.45).name()
    values["handle"] = _mix(t.hairline, t.border, 0.5).name()
    values["primary_hover"] = t.primary.darker(112).name()
    values["focus_on_fill"] = t.white.name() if t.dark else "#9CC4EA"
    return _SHEET.substitute(values, **pictures)


def palette(t: Tokens) -> QPalette:
    """The tokens as Qt's palette, so that what we do not style has the same colours."""
    p = QPalette()
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    for name, colour in {
        role.Window: t.window, role.WindowText: t.text, role.Base: t.base, role.AlternateBase: t.window,
        role.Text: t.text, role.PlaceholderText: t.muted, role.Button: t.base, role.ButtonText: t.text,
        role.BrightText: t.white, role.Highlight: t.selection, role.HighlightedText: t.text, role.Link: t.accent,
        role.LinkVisited: t.accent, role.ToolTipBase: t.toast, role.ToolTipText: t.white, role.Mid: t.hairline,
        role.Midlight: t.hairline, role.Light: t.base, role.Dark: t.border, role.Shadow: t.border,
        role.Accent: t.accent,
    }.items():  # fmt: skip
        p.setColor(name, colour)
    for name in (role.WindowText, role.Text, role.ButtonText):
        p.setColor(group.Disabled, name, t.muted)
    return p


def _mix(a: QColor, b: QColor, share: float) -> QColor:
    def between(x: int, y: int) -> int:
        return round(x + (y - x) * share)

    return QColor(between(a.red(), b.red()), between(a.green(), b.green()), between(a.blue(), b.blue()))
