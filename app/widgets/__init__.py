"""What two pages use. Everything here shows plain text only and paints itself from `app.theme`.

Labels of every kind, buttons, pill, segmented choice, fields (search, pattern) with the words of pattern kinds, frames
(card, hairline, disc, the empty page), table, stepper, toast, and the question that is asked in the window's own words.
"""
