"""Limits: each trips just beyond its number, and at its number does not."""

from __future__ import annotations

from math import inf, nan, nextafter

import pytest

from workbench.trading.guard import Guard
from workbench.trading.inputs import Others
from workbench.trading.limits import LIMIT_NAMES, NO_LIMITS, RiskLimits
from workbench.trading.risk import (
    CONTINUOUS,
    Entry,
    Standing,
    Symbol,
    breaches,
    together,
    uses,
    verdict,
)


def symbol(held=0.0, waiting=0.0, age=None, apart=0.0):
    return Symbol(held, waiting, age, apart)


def standing(equity=1000.0, loss=0.0, drawdown=0.0, orders=0, open_orders=0, **symbols):
    return Standing(equity, loss, drawdown, orders, open_orders, symbols or {"A": symbol()})


def entry(notional=0.0, closes=0.0, prices=(), close=100.0, of="A"):
    return Entry(of, notional, closes, prices, close)


CASES = {
    "max_position": (standing(A=symbol(300.0, 200.0)), entry(250.0, closes=50.0), 700.0),
    "max_exposure": (
        standing(A=symbol(300.0, 200.0), B=symbol(100.0, 25.0)), entry(250.0, closes=50.0), 825.0,
    ),
    "max_leverage": (
        standing(500.0, A=symbol(300.0), B=symbol(100.0)), entry(600.0), 2.0,
    ),
    "max_daily_loss": (standing(loss=40.0), entry(), 40.0),
    "max_drawdown": (standing(drawdown=0.125), entry(), 0.125),
    "max_orders_per_minute": (standing(orders=2), entry(), 3),
    "max_open_orders": (standing(open_orders=4), entry(), 5),
    "stale_after": (standing(A=symbol(age=7.5)), entry(), 7.5),
    "price_band": (standing(), entry(prices=(125.0, 100.0)), 0.25),
}  # fmt: skip


def below(value):
    return value - 1 if isinstance(value, int) else nextafter(value, 0.0)


def test_every_limit_has_a_case():
    assert tuple(CASES) == LIMIT_NAMES


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_a_value_that_equals_its_limit_is_allowed(name):
    now, wanted, value = CASES[name]
    assert verdict(RiskLimits(**{name: value}), now, wanted) is None


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_a_value_just_beyond_is_refused_with_its_numbers(name):
    now, wanted, value = CASES[name]
    broken = verdict(RiskLimits(**{name: below(value)}), now, wanted, "account.")
    assert broken is not None
    assert (broken.limit, broken.value, broken.allowed) == (f"account.{name}", value, below(value))
    assert f"account.{name}" in broken.message


@pytest.mark.parametrize("name", CONTINUOUS)
def test_what_the_market_breaches_is_seen_without_an_order(name):
    now, _, value = CASES[name]
    assert breaches(RiskLimits(**{name: value}), now) == []
    (broken,) = breaches(RiskLimits(**{name: below(value)}), now)
    assert (broken.limit, broken.value) == (name, value)


@pytest.mark.parametrize("name", sorted(set(LIMIT_NAMES) - set(CONTINUOUS)))
def test_the_others_are_not_breached_by_the_market(name):
    now = standing(1.0, 9.0, 0.9, 99, 99, A=symbol(1e6, 1e6, 99.0, 0.9))
    assert breaches(RiskLimits(**{name: 1e-9}), now) == []


def test_the_price_now_counts_for_the_band_too():
    now = standing(A=symbol(apart=0.02))
    assert verdict(RiskLimits(price_band=0.02), now, entry()) is None
    assert verdict(RiskLimits(price_band=0.0199), now, entry()).value == 0.02


def test_without_equity_any_exposure_is_too_much():
    now = standing(0.0)
    assert verdict(RiskLimits(max_leverage=100.0), now, entry(1.0)).limit == "max_leverage"


def test_a_size_that_is_not_known_counts_for_nothing():
    assert verdict(RiskLimits(max_position=1.0), standing(), entry(nan)) is None


def test_the_first_in_the_order_of_the_limits_is_named():
    limits = RiskLimits(max_position=1.0, max_exposure=1.0, price_band=0.0)
    assert verdict(limits, standing(), entry(5.0, prices=(1.0,))).limit == "max_position"


def test_without_limits_all_is_allowed():
    now = standing(-1.0, 1e9, 1.0, 10**6, 10**6, A=symbol(1e9, 1e9, 1e9, 1e9))
    assert verdict(NO_LIMITS, now, entry(inf)) is None
    assert uses(NO_LIMITS, now) == []


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_how_much_is_used(name):
    now = standing(
        1000.0, 25.0, 0.1, 3, 2, A=symbol(500.0, 0.0, 4.0, 0.01), B=symbol(250.0, 0.0, 2.0, 0.0)
    )
    value = {
        "max_position": 500.0, "max_exposure": 750.0, "max_leverage": 0.75,
        "max_daily_loss": 25.0, "max_drawdown": 0.1, "max_orders_per_minute": 3,
        "max_open_orders": 2, "stale_after": 4.0, "price_band": 0.01,
    }[name]  # fmt: skip
    (use,) = uses(RiskLimits(**{name: 1000}), now, "account.")
    assert (use.name, use.value, use.limit, use.used) == (
        f"account.{name}", value, 1000, value / 1000,
    )  # fmt: skip


# --- the account --------------------------------------------------------------------------


def others(equity=0.0, exposure=0.0, daily=0.0, waiting=0, orders=0, by=None, peak=0.0):
    return Others(0, equity, exposure, daily, waiting, orders, by or {}, peak)


def test_the_account_is_the_sum_of_its_sessions():
    own = standing(1000.0, 20.0, 0.5, 3, 2, A=symbol(100.0, 10.0))
    told = others(500.0, 90.0, -30.0, 4, 5, {"A": 60.0, "B": 30.0}, 600.0)
    account = together(own, 1400.0, told)
    assert account.equity == 1500.0
    assert account.loss == 50.0
    assert account.drawdown == 0.25
    assert (account.orders, account.open_orders) == (8, 6)
    assert account.symbols["A"].held == 160.0
    assert account.exposure == 190.0


def test_a_session_that_begins_or_ends_is_no_drawdown_of_the_account():
    own = standing(900.0)
    alone = together(own, 1000.0, others())
    assert together(own, 1000.0, others(500.0, peak=500.0)).drawdown < alone.drawdown
    assert alone.drawdown == pytest.approx(0.1)


# --- what lasts ---------------------------------------------------------------------------


def limited(account=NO_LIMITS, **limits):
    return Guard(RiskLimits(**limits), account, 1000.0)


def names(begun):
    return [one.broken.limit for one in begun]


def test_a_breach_is_told_once_when_it_begins():
    guard = limited(stale_after=5.0)
    stale, fresh = standing(A=symbol(age=6.0)), standing(A=symbol(age=1.0))
    assert names(guard.look(stale)) == ["stale_after"]
    assert guard.look(stale) == []
    assert guard.look(fresh) == []
    assert names(guard.look(stale)) == ["stale_after"]


def test_a_daily_loss_lasts_until_the_next_day():
    guard = limited(max_daily_loss=10.0)
    assert names(guard.look(standing(loss=11.0))) == ["max_daily_loss"]
    assert guard.look(standing(loss=12.0)) == []
    assert guard.admit(standing(loss=0.0), entry()).limit == "max_daily_loss"
    guard.resume(1000.0)
    assert guard.admit(standing(loss=0.0), entry()).limit == "max_daily_loss"
    guard.new_day()
    assert guard.admit(standing(loss=0.0), entry()) is None


def test_a_drawdown_lasts_until_entries_are_resumed_and_counts_from_there():
    guard = limited(max_drawdown=0.1)
    assert names(guard.look(standing(drawdown=guard.drawdown(899.0)))) == ["max_drawdown"]
    guard.new_day()
    assert guard.admit(standing(drawdown=0.0), entry()).limit == "max_drawdown"
    guard.resume(899.0)
    assert guard.drawdown(899.0) == 0.0
    assert guard.admit(standing(drawdown=0.0), entry()) is None


def test_the_account_s_drawdown_counts_from_there_too():
    guard = limited(RiskLimits(max_drawdown=0.1))
    guard.others = others(500.0, peak=800.0)
    now = standing(1000.0)
    assert names(guard.look(now)) == ["account.max_drawdown"]
    guard.resume(1000.0)
    assert guard.look(now) == []


def test_entries_that_were_paused_by_hand_give_no_drawdown_back():
    guard = limited(RiskLimits(max_drawdown=0.1), max_drawdown=0.1)
    guard.see(1200.0)
    guard.paused = True
    guard.resume(1100.0)
    assert guard.drawdown(1100.0) == pytest.approx(1 / 12)
    assert [use.value for use in guard.uses(standing(1100.0, drawdown=1 / 12))] == [
        pytest.approx(1 / 12)
    ] * 2


@pytest.mark.parametrize("own", [True, False])
def test_each_limit_is_begun_anew_by_its_own_breach_alone(own):
    limits = RiskLimits(max_drawdown=0.1)
    guard = limited(**{"max_drawdown": 0.1}) if own else limited(limits)
    assert guard.look(standing(800.0, drawdown=guard.drawdown(800.0)))
    guard.resume(800.0)
    assert guard.highest == 1000.0
    other = limited(limits, max_drawdown=0.1)
    other.load(guard.save())
    after = [use.value for use in other.uses(standing(800.0, drawdown=other.drawdown(800.0)))]
    assert after == pytest.approx([0.0, 0.2] if own else [0.2, 0.0])


def test_the_session_comes_before_its_account():
    guard = limited(RiskLimits(max_position=1.0), max_exposure=1.0)
    assert guard.admit(standing(), entry(5.0)).limit == "max_exposure"


def test_what_lasts_comes_in_the_order_of_the_limits():
    guard = limited(max_daily_loss=10.0, price_band=0.1, max_position=100.0)
    guard.look(standing(loss=11.0))
    far = entry(50.0, prices=(200.0,))
    assert guard.admit(standing(), far).limit == "max_daily_loss"
    assert guard.admit(standing(), far._replace(notional=101.0)).limit == "max_position"


def test_orders_are_counted_in_any_sixty_seconds():
    guard = limited(max_orders_per_minute=2)
    guard.gave(0)
    guard.gave(1_000)
    assert not guard.may_close(59_999)
    assert guard.may_close(60_000)
    assert guard.orders(60_000) == 1


def test_orders_of_the_account_s_others_count_as_well():
    guard = limited(RiskLimits(max_orders_per_minute=3))
    guard.others = others(orders=2)
    guard.gave(0)
    assert not guard.may_close(1)
    guard.others = others(orders=1)
    assert guard.may_close(1)


def test_flattening_is_what_the_limits_say():
    guard = Guard(
        RiskLimits(max_daily_loss=1.0, action="flatten"), RiskLimits(max_daily_loss=1.0), 1000.0
    )
    acts = [(one.broken.limit, one.action, one.lasts) for one in guard.look(standing(loss=2.0))]
    assert acts == [
        ("max_daily_loss", "flatten", True), ("account.max_daily_loss", "reject", True),
    ]  # fmt: skip


def test_it_goes_on_from_where_it_was_saved():
    one, other = limited(max_daily_loss=10.0), limited(max_daily_loss=10.0)
    one.look(standing(loss=11.0))
    one.gave(5)
    other.load(one.save())
    assert other.look(standing(loss=11.0)) == []
    assert other.closed
    assert other.orders(6) == 1
