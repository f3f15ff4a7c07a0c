"""What the gate says in its own words: replies to whatever never reaches the backend, or when there is none.

Pure. `%s` stands for the server's name. (A refused recipient is never answered from here: `backend.decoy`.)
"""

GREETING = b"220 %s ESMTP"
UNAVAILABLE = b"421 4.3.0 %s Service not available, try again later"
CLOSING = b"421 4.3.2 %s Service closing transmission channel"
OUT_OF_STEP = b"421 4.3.0 %s Error: mail server out of step"
NOT_IN_STEP = b"421 4.5.0 %s Error: SMTP protocol synchronization"
LOST_MESSAGE = b"451 4.3.0 Error: message not delivered, try again later\r\n"
CANNOT_VERIFY = b"252 2.0.0 Cannot VRFY user, but will take message for this user and attempt delivery\r\n"
BYE = b"221 2.0.0 Bye\r\n"
TOO_MANY_ERRORS = b"421 4.7.0 %s Error: too many errors"
TOO_BUSY = b"421 4.7.0 %s Error: too many connections"
TOO_MANY_FROM_HERE = b"421 4.7.0 %s Error: too many connections from your address"
TIMED_OUT = b"421 4.4.2 %s Error: timeout exceeded"
BROKEN = b"421 4.3.0 %s Error: internal error"
