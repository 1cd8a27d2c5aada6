"""Where which number stands in the rows of orders, positions, events and settings."""

from __future__ import annotations

RUNGS = 8
"""Targets an order can have."""
WORKING = 1000
"""Orders that can wait at once."""

# --- an account, `a` ---------------------------------------------------------------------
BALANCE = 0  # capital and realised profit, in the account's currency
LONGS = 1  # units held
SHORTS = 2
OFFSET = 3  # equity is OFFSET + LONGS * bid - SHORTS * ask
LOWER = 4  # nothing can happen in a candle whose bid stays above LOWER
UPPER = 5  # and whose ask stays below UPPER
ORDERS = 6  # how many wait
POSITIONS = 7  # how many are open
EVENTS = 8  # how many rows of events are filled
TRADES = 9  # entries so far: the number of the last trade
SIGNALS = 10  # orders so far: the number of the last one
FRESH = 11  # 1.0 when an order has come since the last candle
FAULT = 12  # what a compiled strategy did wrong, 0.0 for nothing
ACCOUNT_WIDTH = 13

# --- an order, a row of `orders` -----------------------------------------------------------
O_ID = 0
O_STRATEGY = 1
O_KIND = 2
O_SIGN = 3
O_BAR = 4  # the candle at whose close it was placed
O_CLOSE = 5
O_EQUITY = 6
O_QUANTITY = 7  # NaN where the size is given otherwise
O_FRACTION = 8
O_RISK = 9
O_LIMIT = 10  # NaN where it is no limit entry
O_STOP = 11  # NaN where it is no stop entry
O_EXPIRES = 12  # the last candle it can fill on
O_STOP_LOSS = 13  # NaN where there is none
O_TRAIL = 14  # distance in price units, NaN where there is none
O_BREAK_EVEN = 15  # the target after which the stop goes to the entry price, 0 for none
O_BARS = 16  # candles after which the position is closed, infinite for never
O_PART = 17  # of a closing order: the part of what is held
O_TRADE = 18  # of a closing order: the trade, 0 for all of the strategy
O_RUNGS = 19  # how many targets
O_PRICES = 20  # their prices, the nearest first
O_WEIGHTS = O_PRICES + RUNGS  # the parts of the quantity that leave there
ORDER_WIDTH = O_WEIGHTS + RUNGS

ENTRY, CLOSE = 1, 2  # kinds of orders

# --- a position, a row of `positions` --------------------------------------------------------
P_TRADE = 0
P_STRATEGY = 1
P_SIGN = 2
P_BAR = 3
P_PRICE = 4
P_QUANTITY = 5
P_REMAINING = 6
P_COMMISSION = 7
P_STOP = 8  # NaN where there is none
P_TRAIL = 9
P_BEST = 10  # the price the trail hangs on
P_BREAK_EVEN = 11
P_UNTIL = 12  # the candle at whose open it is closed, infinite for never
P_HIGH = 13  # extremes of the holding up to, not including, inside candle P_SEEN
P_LOW = 14
P_SEEN = 15
P_FINANCING = 16  # what it has cost so far and no exit has paid for
P_ORDER = 17
P_SIGNAL = 18  # the candle at whose close it was decided
P_NEXT = 19  # targets that have been filled
P_AT = 20  # the inside candle of the entry
P_MOVED = 21  # what set the stop last: 0.0 the entry, else the code of an exit by it
P_RUNGS = 22
P_WAITED = 23  # what the entry was: 0.0 a market order, 1.0 a limit, 2.0 a stop
P_PRICES = 24
P_WEIGHTS = P_PRICES + RUNGS
POSITION_WIDTH = P_WEIGHTS + RUNGS

# --- what happened, a row of `events` ----------------------------------------------------------
E_KIND = 0
E_BAR = 1
E_ORDER = 2  # 0 where no order caused it
E_TRADE = 3
E_STRATEGY = 4
E_SIGN = 5
E_CODE = 6  # why a position was closed, or an order ended unfilled
E_PRICE = 7
E_QUANTITY = 8
E_REMAINING = 9
E_COMMISSION = 10
E_ENTRY_BAR = 11
E_ENTRY_PRICE = 12
E_PNL = 13
E_PERCENT = 14
E_MFE = 15
E_MAE = 16
E_LEVEL = 17  # the price that was touched, or what was wanted
E_SEEN = 18  # the price that touched it, or what there was
E_RUNG = 19  # number of the target, from 1; of a stop, 1 where the open was beyond it
E_FINANCING = 20  # interest and funding of this part so far, a cost above 0
E_SIGNAL = 21  # the candle at whose close the order was placed
E_STOP = 22  # of an entry: its stop, NaN where there is none
E_BALANCE = 23  # after it
E_OPEN = 24  # positions after it
E_RUNGS = 25
E_PRICES = 26
EVENT_WIDTH = E_PRICES + RUNGS

ENTERED, EXITED, ENDED, CHARGED = 1, 2, 3, 4  # kinds of events

# Why a position was closed.
BY_SIGNAL, BY_STOP, BY_TARGET, BY_TIME, BY_REVERSAL, BY_MARGIN, BY_END = 1, 2, 3, 4, 5, 6, 7
BY_TRAIL, BY_BREAK_EVEN = 8, 9
BY_COMMAND, BY_LIMIT, BY_SESSION = 10, 11, 12  # of a live session alone
# Why an order ended unfilled: rejected (from 20), expired (from 40), cancelled (from 50).
NO_CASH, NO_EQUITY, MAX_POSITIONS, TOO_SMALL, TOO_RISKY = 20, 21, 22, 23, 24
MARKET_CLOSED, DATA_GAP, TOO_MANY_ORDERS = 25, 26, 27
# Of a live session alone: its limits, in the order of `trading.limits`; entries are paused; the
# venue said no; it was never sent.
LIMIT_POSITION, LIMIT_EXPOSURE, LIMIT_LEVERAGE, LIMIT_DAILY_LOSS = 28, 29, 30, 31
LIMIT_DRAWDOWN, LIMIT_ORDER_RATE, LIMIT_OPEN_ORDERS = 32, 33, 34
LIMIT_STALE, LIMIT_PRICE_BAND = 35, 36
ENTRIES_PAUSED, VENUE_REFUSED, NOT_SENT = 37, 38, 39
EXPIRED, END_OF_DATA = 40, 41
CANCELLED, POSITION_CLOSED, LIQUIDATED, FLATTENED, SESSION_ENDED = 50, 51, 52, 53, 54
DECLINED = 60  # no order at all: the strategy looked and did nothing

# --- settings, `p` -------------------------------------------------------------------------------
S_MAKER = 0
S_TAKER = 1
S_PER_UNIT = 2
S_PER_ORDER = 3
S_MINIMUM = 4
S_SLIP = 5
S_SLIP_FIXED = 6
S_IMPACT = 7
S_LEVERAGE = 8
S_MAINTENANCE = 9
S_BORROW = 10
S_FUNDING = 11
S_LOT = 12
S_MIN_SIZE = 13
S_TICK = 14
S_MAX_POSITIONS = 15
S_HEDGING = 16
S_MAX_RISK = 17  # infinite for no limit
S_OVER_GAPS = 18
S_RISK = 19
S_AT_CLOSE = 20
S_OPTIMISTIC = 21
S_STOPS_MOVE = 22
S_TOUCH_WINS = 23
S_TARGET_GAP = 24
S_ENTRY_CANDLE = 25  # 2.0: of market entries alone
S_PATH = 26  # inside candles are legs that go one way
S_STOP_GAP = 27
S_STOP_FIRST = 28
SETTINGS_WIDTH = 29

# --- the market, a tuple of columns `m` -----------------------------------------------------------
# One value a candle: bid and ask open, bid and ask close, volume, missing (0 no gap before the
# candle, MARKET_CLOSED or DATA_GAP), years since the candle before, funding times since then,
# and FIRST: where a candle's own candles begin in the last eight columns, which have one value for
# each of these: bid open, high, low, close, ask open, high, low, close. Without candles inside
# these are the candles themselves.
M_OPEN, M_ASK_OPEN, M_CLOSE, M_ASK_CLOSE, M_VOLUME, M_MISSING, M_YEARS, M_FUNDINGS, M_FIRST = (
    0, 1, 2, 3, 4, 5, 6, 7, 8,
)  # fmt: skip
M_HIGH, M_LOW, M_ASK_HIGH, M_ASK_LOW = 9, 10, 11, 12
I_OPEN, I_HIGH, I_LOW, I_CLOSE, I_ASK_OPEN, I_ASK_HIGH, I_ASK_LOW, I_ASK_CLOSE = (
    13, 14, 15, 16, 17, 18, 19, 20,
)  # fmt: skip
