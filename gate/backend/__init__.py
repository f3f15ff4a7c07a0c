"""What every front knows of the mail server behind the gate."""
