/**
 * Made by `python -m workbench.contract.typescript`: change the definitions in Python.
 *
 * Every message on the wire, each with its delivery class.
 *
 * Units, as the contract prints them:
 *
 * - `timestamp` is when the message was made: ISO 8601, UTC, milliseconds, `Z`.
 * - Market times (`time`, `current_time`, `entry_time`, `exit_time`) are the open time of
 *   the candle they speak of: ISO 8601, UTC, `Z`, without a fraction when it is zero.
 * - `progress` is percent, 0 to 100.
 * - In `progress`, `equity` and `metrics`: `win_rate`, `max_drawdown` and `drawdown` are
 *   fractions, drawdowns zero or negative.
 * - In `complete`: `total_return`, `max_drawdown` and the average and largest win and loss
 *   are percent; `win_rate` is a fraction.
 * - `pnl`, `mfe`, `mae`, `balance`, `equity` and commissions are in the account's currency,
 *   `pnl` net of the trade's commissions; `pnl_percent` is percent of the entry's notional.
 * - A ratio that is not defined yet (no losing trade, no return) is 0.0.
 *
 * What goes beyond the contract stands beside `data`, at the top level: `seq` (gap-free
 * position in the log, from 1), `eseq` (gap-free count of event-class messages, on those
 * only), `extra` (further facts, per type) and `conflated` (so many earlier messages were
 * merged into this one for a slow reader).
 */

export const PROTOCOL = "1.0";

export type RunStatus = "pending" | "running" | "paused" | "complete" | "error" | "stopped";

export type Direction = "long" | "short";

export type ControlAction = "pause" | "resume" | "step" | "speed" | "run_until" | "stop" | "pause_entries" | "resume_entries" | "flatten";

/**
 * What all messages share. `type` is the struct's tag.
 *
 * `conflated` is set for one reader: so many earlier messages were merged into this one.
 * `delivery` is the class of the type; of a type that is `passing`, messages with a key other
 * than the type are *state* all the same, such as a candle that still grows.
 */
export interface Message {
  timestamp: string;
  seq?: number;
  eseq?: number;
  conflated?: number;
}

/** First message of every connection: where the log stands. */
export interface ConnectedData {
  /** Of a run; not in the stream of a market. */
  backtest_id?: string;
  /** For people. */
  message: string;
  /** Identity of the log: a `since` is good under this one alone. */
  epoch: string;
  /** Number of the log's last message, and of its last event. */
  seq: number;
  /** The state of the run, or of the market's feed. */
  status: string;
  /** Version of the messages. */
  protocol: string;
  /** What is traded. */
  symbol: string;
  /** Where the candles come from, and whether they are generated. Of the stream of all live sessions true or false where that holds for each in `sessions`; left out where it does not, or there is none. */
  source: string;
  /** Where the candles come from, and whether they are generated. Of the stream of all live sessions true or false where that holds for each in `sessions`; left out where it does not, or there is none. */
  synthetic?: boolean;
  /** Number of the log's last message, and of its last event. */
  eseq: number;
  /** Of a market's stream: its timeframes, and what kind of feed serves it. */
  timeframes?: string[];
  /** Of a market's stream: its timeframes, and what kind of feed serves it. */
  feed?: string;
  /** Of a log that keeps a window: the first message it still has; what came before is not kept. */
  first_seq?: number;
  /** Of the stream of all live sessions: messages up to this seq only tell what holds, those after it are told one and all. */
  snapshot?: number;
  /** Of that stream: the sessions that go on and that it tells of, and whether their prices are generated. Of one that begins later, its own stream and the list of sessions say so. */
  sessions?: Record<string, boolean>;
}

export interface ConnectedMessage extends Message {
  type: "connected";
  data: ConnectedData;
}

export interface PongMessage extends Message {
  type: "pong";
  data: Record<string, unknown>;
}

/** A position that was asked for cannot be served; the story starts at `available_from`. */
export interface GapData {
  /** Why it cannot. */
  reason: string;
  /** What was asked for. */
  requested_since: number;
  /** What was asked for. */
  requested_epoch: string | null;
  /** Identity of the log there is. */
  epoch: string;
  /** The first and the last message there is. */
  available_from: number;
  /** The first and the last message there is. */
  available_to: number;
}

export interface GapMessage extends Message {
  type: "gap";
  data: GapData;
}

/** Sign of life, for connections that ask for it with `heartbeat=SECONDS`. */
export interface HeartbeatData {
  /** Where the log stands; in a replay, what is due. */
  seq: number;
  /** Up to where this connection has been told. */
  sent: number;
  /** `seq` - `sent`. */
  lag: number;
  /** Milliseconds since this connection last was up to date; 0 exactly while it is. */
  lag_ms: number;
  /** Messages merged away for this connection since it began. */
  conflated: number;
}

export interface HeartbeatMessage extends Message {
  type: "heartbeat";
  data: HeartbeatData;
}

/** The server goes away; come back after `reconnect_ms` with `since` and `epoch`. */
export interface ShutdownData {
  reason: string;
  reconnect_ms: number;
}

export interface ShutdownMessage extends Message {
  type: "shutdown";
  data: ShutdownData;
}

/** A replay goes back: forget what was told; the story up to `seq` follows at once. */
export interface ResetData {
  reason: string;
  seq: number;
}

export interface ResetMessage extends Message {
  type: "reset";
  data: ResetData;
}

/** Where a replay stands. */
export interface ReplayData {
  /** `playing`, `paused` or `ended`. */
  state: "ended" | "paused" | "playing";
  /** The last message told, and the last one there is. */
  seq: number;
  /** The last message told, and the last one there is. */
  last_seq: number;
  /** Market time of the replay's clock; before the first message that has one, `start`. */
  time: string | null;
  /** Market time of the run as its `status` tells it, else of the first and the last message that has one; null where nothing has. */
  start: string | null;
  /** Market time of the run as its `status` tells it, else of the first and the last message that has one; null where nothing has. */
  end: string | null;
  /** Pace: candles a second, or multiples of market time (unit `x`); null is as fast as possible. */
  speed: number | null;
  /** Pace: candles a second, or multiples of market time (unit `x`); null is as fast as possible. */
  unit?: string;
}

export interface ReplayMessage extends Message {
  type: "replay";
  data: ReplayData;
}

/** Several equity points as columns (`format=columns`). `time` in epoch ms. */
export interface EquityColumns {
  backtest_id: string;
  time: number[];
  equity: number[];
  balance: number[];
  drawdown: number[];
}

/** Made for one connection out of `equity` messages; `seq` is that of the last. */
export interface EquityBatchMessage extends Message {
  type: "equity_columns";
  data: EquityColumns;
}

/** The account while the run goes on. */
export interface ProgressMetrics {
  balance: number;
  open_positions: number;
  total_trades: number;
  winning_trades: number;
  win_rate: number;
  max_drawdown: number;
}

/** How far the run is. */
export interface ProgressData {
  backtest_id: string;
  progress: number;
  /** Open time of the last candle done. */
  current_time: string;
  /** The account after it. */
  metrics: ProgressMetrics;
}

/** Candles done and in all. */
export interface ProgressExtra {
  bar: number;
  bars: number;
}

export interface ProgressMessage extends Message {
  type: "progress";
  data: ProgressData;
  extra: ProgressExtra;
}

/** Why a decision was made. */
export interface Reasoning {
  /** What was decided: `enter_long`, `enter_short`, `exit`. */
  decision: string;
  /** 0 to 1. */
  confidence: number;
  /** A sentence for people. */
  rationale: string;
  /** The numbers the decision saw, by name. */
  inputs?: Record<string, number>;
}

/** A position was opened. */
export interface EntryData {
  event: "entry";
  trade_id: string;
  symbol: string;
  direction: Direction;
  entry_price: number;
  entry_time: string;
  quantity: number;
  stop_loss: number | null;
  take_profit_levels: number[];
  reasoning: Reasoning;
}

/** A position, or a part of it, was closed. Money is that of the part. */
export interface ExitData {
  event: "exit";
  trade_id: string;
  symbol: string;
  direction: Direction;
  entry_price: number;
  entry_time: string;
  exit_price: number;
  exit_time: string;
  exit_reason: string;
  pnl: number;
  pnl_percent: number;
  mfe: number;
  mae: number;
}

/** What the contract has no place for. */
export interface TradeExtra {
  /** Units filled by this entry or exit. */
  quantity: number;
  /** Units still open after it. */
  remaining: number;
  /** Commission of this fill alone. */
  commission: number;
  /** Name of the strategy that traded. */
  strategy: string;
  /** Index of the candle of the fill, from 0, in the lowest timeframe; left out where a program publishes its own run and does not count candles. */
  bar?: number;
  /** Why it was closed, on exits. */
  reasoning?: Reasoning;
  /** The numbers the decision saw, by name; the contract's reasoning has no place for them. */
  inputs?: Record<string, number>;
  /** Id of the signal that this fills, such as `signal_12`; left out where no signal did it (a stop, a target, ...). */
  signal?: string;
  /** Index of the candle at whose close that signal was given. */
  decided?: number;
  /** Interest and funding that the part has cost by its exit; left out where there was none. */
  financing?: number;
}

export interface TradeMessage extends Message {
  type: "trade";
  data: EntryData | ExitData;
  extra: TradeExtra;
}

/** A signal that became no fill, and why; filled ones are told by their trade. */
export interface SignalData {
  /** Such as `signal_12`; each signal ends in one fill or in one of these. */
  signal_id: string;
  symbol: string;
  strategy: string;
  /** `enter_long`, `enter_short`, `exit` or, for what was declined, what it was about. */
  decision: string;
  /** Open time of the candle at whose close it was given. */
  time: string;
  /** `rejected` by the account or the market, `expired`, `cancelled` by the strategy or by what happened, `declined`: the strategy looked and did nothing. */
  outcome: "cancelled" | "declined" | "expired" | "rejected";
  /** Why: `no_cash`, `no_equity`, `max_positions`, `size_below_minimum`, `risk_limit`, `market_closed`, `data_gap`, `too_many_orders`; `expired`, `end_of_data`; `cancelled`, `position_closed`, `liquidation`; `declined`. */
  code: string;
  /** The same in a sentence, with its numbers. */
  message: string;
  /** The numbers that decided, by name. */
  numbers: Record<string, number>;
  /** Why the signal was given, or declined. */
  reasoning: Reasoning;
}

/** Indexes of the candles it was given on, and ended on; and what the decision saw. */
export interface SignalExtra {
  decided: number;
  bar: number;
  inputs?: Record<string, number>;
}

/** A signal that was not filled. */
export interface SignalMessage extends Message {
  type: "signal";
  data: SignalData;
  extra: SignalExtra;
}

/** What an account grew to in an out-of-sample part. */
export interface SweepCurve {
  /** Open times of the last candles of the return periods (UTC days, or longer candles), in milliseconds since the epoch. */
  time: number[];
  /** Equity at their closes, over that at the part's start. The last one is that of the part. */
  growth: number[];
  /** The highest and the lowest at any close of the part, likewise; the start counts as 1. */
  high: number;
  /** The highest and the lowest at any close of the part, likewise; the start counts as 1. */
  low: number;
  /** Whether the last period goes on behind the part. */
  open: boolean;
  /** Return periods in a year. */
  periods: number;
}

/** One combination of a sweep's parameters, done. */
export interface SweepData {
  backtest_id: string;
  /** Of the combination, from 0, in the order they were asked for; with `split` and `sample` it names the row. */
  number: number;
  /** Its parameters, by name. */
  params: Record<string, number | number | boolean | string>;
  /** What it came to, by name: those of `complete` and the statistics beside them; empty where it failed. */
  metrics: Record<string, number>;
  /** Why it failed, empty where it did not. */
  error: string;
  /** `all` of the candles, or the `in` or `out` of sample part of a walk-forward split. There is one `out` row a split: of the combination that was best in it before. */
  sample: "all" | "in" | "out";
  /** Number of that split, from 0; 0 for `all`. */
  split: number;
  /** Open times of the first and last candle. */
  start: string;
  /** Open times of the first and last candle. */
  end: string;
  /** Of `out` rows that did not fail: how the account grew, for the curve of all parts. */
  curve?: SweepCurve;
}

/** A row of a sweep's table. */
export interface SweepMessage extends Message {
  type: "sweep";
  data: SweepData;
}

/** One point of the equity curve, at the close of the candle opened at `time`. */
export interface EquityData {
  backtest_id: string;
  time: string;
  equity: number;
  balance: number;
  drawdown: number;
}

/** Index of the candle, from 0, in the lowest timeframe. */
export interface EquityExtra {
  bar: number;
}

export interface EquityMessage extends Message {
  type: "equity";
  data: EquityData;
  extra?: EquityExtra;
}

/** Performance so far, over closed trades and the equity curve. */
export interface MetricsData {
  backtest_id: string;
  total_trades: number;
  winning_trades: number;
  win_rate: number;
  profit_factor: number;
  sharpe_ratio: number;
  max_drawdown: number;
}

export interface MetricsMessage extends Message {
  type: "metrics";
  data: MetricsData;
}

/** Performance of the whole run; formulas in `workbench.engine.metrics`. */
export interface FinalMetrics {
  total_trades: number;
  winning_trades: number;
  losing_trades: number;
  win_rate: number;
  profit_factor: number;
  total_return: number;
  max_drawdown: number;
  sharpe_ratio: number;
  average_win: number;
  average_loss: number;
  largest_win: number;
  largest_loss: number;
  total_commissions: number;
}

/** The end of a run. */
export interface CompleteData {
  backtest_id: string;
  metrics: FinalMetrics;
}

/** How it ended (`complete`, or `stopped` by request) and with how much. */
export interface CompleteExtra {
  status: "complete" | "stopped";
  /** Candles done. */
  bars: number;
  final_equity: number;
  /** Number of `trade` messages before this one. The message's `eseq` is the number of events. */
  trades?: number;
  /** Checksum over them, see `TradeChecksum`. */
  crc32?: number;
  /** What the contract's metrics have no place for, by name; see docs/metrics.md. */
  statistics?: Record<string, number>;
  /** Bootstrap confidence intervals of some of them, by name: lower and upper bound. */
  intervals?: Record<string, number[]>;
}

export interface CompleteMessage extends Message {
  type: "complete";
  data: CompleteData;
  extra: CompleteExtra;
}

/** What went wrong. */
export interface ErrorData {
  error: string;
  details: Record<string, unknown>;
}

/** Stable name of the kind of error, as in `workbench.errors`. */
export interface ErrorExtra {
  code: string;
}

export interface ErrorMessage extends Message {
  type: "error";
  data: ErrorData;
  extra: ErrorExtra;
}

/** What a sweep looks for and where, as its first `status` tells. */
export interface SweepFacts {
  /** The values of each parameter, by name, in the order they were given. */
  space: Record<string, (number | number | boolean | string)[]>;
  /** Name of the metric that decides which combination is best. */
  metric: string;
  /** Whether a higher value of it is better. */
  maximize: boolean;
  /** How combinations are chosen: all of them, at random, or by what the earlier ones came to. */
  method: "bayesian" | "grid" | "random";
  /** `sweep` messages a whole sweep brings, at most. */
  rows: number;
  /** Walk-forward splits; 0 where every combination is run on all candles. */
  splits: number;
  /** Combinations with fewer trades are never best. */
  min_trades: number;
  /** The sweep that this one goes on with: its rows are told here again, and are not run again. */
  resumed_from?: string;
  /** Which combinations the constraint excludes, as lengths: of all combinations of `space`, the last parameter changing fastest, so many may be tried, so many more are excluded, and so on in turn. Left out where none is, or where that would be long. */
  excluded?: number[];
}

/** What a session is, in the first `status`. */
export interface LiveFacts {
  /** What it trades; each has an equal part of the capital unless `allocation` says otherwise. */
  symbols: string[];
  /** Who fills; the last three of an exchange. */
  broker: "exchange" | "paper";
  /** Where prices come from: `synthetic`, `replay` or `exchange`. */
  feed: string;
  /** Whether the feed goes by the clock. */
  real_time: boolean;
  /** Candles of the shortest timeframe from before the session, by symbol. */
  warm_up: Record<string, number>;
  allocation: Record<string, number>;
  /** Who fills; the last three of an exchange. */
  exchange?: string;
  /** Who fills; the last three of an exchange. */
  account?: string;
  /** Who fills; the last three of an exchange. */
  sandbox?: boolean;
  /** `native` or `emulated`: where stops and targets rest. */
  brackets?: "emulated" | "native";
  /** What differs by design from a backtest over the same candles, in words. */
  differences?: string[];
}

/**
 * The run entered a state. The first one (`running`) tells what it runs on.
 *
 * `reason` says why a run paused by itself: the condition of `run_until` that was met. That of the
 * first one says why nothing will be ordered, where that is known: no candle is left after the
 * warm-up, or there are no signals. `warm_up` is the number of candles before the first that a
 * strategy is asked about; `sweep` is there where the run is one, `live` where it is a session.
 */
export interface StatusData {
  backtest_id: string;
  status: RunStatus;
  reason?: string;
  strategy?: string;
  symbol?: string;
  timeframes?: string[];
  bars?: number;
  start?: string;
  end?: string;
  source?: string;
  synthetic?: boolean;
  initial_capital?: number;
  warm_up?: number;
  sweep?: SweepFacts;
  live?: LiveFacts;
}

export interface StatusMessage extends Message {
  type: "status";
  data: StatusData;
}

/** Where `run_until` stands still: exactly one of these. */
export interface Until {
  /** ISO 8601: after the first candle that opens at or after it. */
  time?: string;
  /** After so many further candles. */
  bars?: number;
  /** After the candle of the n-th further fill, entry or exit. */
  trades?: number;
  /** After the first candle that closes with a drawdown of at least this fraction (0.1 is 10 %). */
  drawdown?: number;
}

/** Where a replay is to go: exactly one of these. */
export interface SeekTo {
  /** The message with this number is the last one told. */
  seq?: number;
  /** ISO 8601, market time: all up to the candle that opens then. */
  time?: string;
  /** A `trade_id`: all up to its entry. */
  trade?: string;
}

/** A control was asked for: accepted, or refused with a reason. */
export interface ControlData {
  /** A `ControlAction`; of refused ones whatever was asked for, shortened. */
  action: string;
  accepted: boolean;
  /** As asked for, see `ControlRequest`. */
  value?: number;
  /** As asked for, see `ControlRequest`. */
  unit?: string;
  /** As asked for, see `ControlRequest`. */
  until?: Until;
  /** As asked for, see `ControlRequest`. */
  to?: SeekTo;
  reason?: string;
  /** Who asked, as the server's identity provider names them. */
  by?: string;
}

export interface ControlMessage extends Message {
  type: "control";
  data: ControlData;
}

/** A candle, closed or still growing. */
export interface CandleData {
  symbol: string;
  timeframe: string;
  /** Its open time. */
  time: string;
  open: number;
  high: number;
  low: number;
  close: number;
  /** In units of the base currency, or as the source counts it. */
  volume: number;
  /** False while it grows; its last state is told with True, once. */
  closed: boolean;
}

/** What else is known of a candle. */
export interface CandleExtra {
  /** `live`; `history` from before the feed began; `backfill` fetched after a loss. */
  origin?: "backfill" | "history" | "live";
  /** How many it was made of, where that is known. */
  trades?: number;
  /** Whether it opened before anything was known of the market: its beginning is missing. */
  partial?: boolean;
}

export interface CandleMessage extends Message {
  type: "candle";
  data: CandleData;
  extra?: CandleExtra;
}

/** A candlestick pattern on the candle that opened at `bar_time`. */
export interface PatternData {
  symbol: string;
  timeframe: string;
  /** Its name, such as `engulfing`. */
  pattern: string;
  direction: "bearish" | "bullish" | "neutral";
  /** As TA-Lib counts: 100 or 80 for bullish, negative for bearish, 200 where confirmed; 0 when a provisional one has gone. */
  strength: number;
  bar_time: string;
  confirmed_at: string;
  /** Whether the candle is still growing. */
  provisional: boolean;
}

export interface PatternMessage extends Message {
  type: "pattern";
  data: PatternData;
}

/** A fact of market structure. */
export interface StructureData {
  symbol: string;
  timeframe: string;
  /** Of the thing it speaks of, such as `fvg_12`: later facts about it repeat it. */
  id: string;
  /** What it is. */
  kind: "bos" | "choch" | "fvg" | "liquidity" | "order_block" | "swing_high" | "swing_low" | "zone";
  direction: "bearish" | "bullish" | "neutral";
  /** What has become of it: `confirmed`; later `superseded`, `broken`, `mitigated`, `filled` or `swept`. */
  status: string;
  /** The candle it lies on; of a later fact, the one that brought it. */
  bar_time: string;
  confirmed_at: string;
  /** The level; of a zone, its nearer edge. */
  price: number;
  /** Edges of a zone. */
  top?: number;
  /** Edges of a zone. */
  bottom?: number;
  /** What decided, by name: sizes in average true ranges, levels crossed. */
  numbers?: Record<string, number>;
}

export interface StructureMessage extends Message {
  type: "structure";
  data: StructureData;
}

/** One vote. */
export interface ConfluenceTerm {
  name: string;
  /** -1 (bearish) to 1 (bullish). */
  value: number;
  /** Its share, the weights of all add up to 1. */
  weight: number;
  /** What it saw. */
  rationale: string;
}

/** How much speaks for one side, at the close of a candle of the shortest timeframe. */
export interface ConfluenceData {
  symbol: string;
  timeframe: string;
  bar_time: string;
  confirmed_at: string;
  /** 0 (nothing) to 1 (all agree): how far the weighted votes lean to `direction`. */
  score: number;
  direction: "bearish" | "bullish" | "neutral";
  terms: ConfluenceTerm[];
  rationale: string;
}

/** Once for each closed candle of the shortest timeframe. */
export interface ConfluenceMessage extends Message {
  type: "confluence";
  data: ConfluenceData;
}

/** What the feed of a market is doing. */
export interface FeedData {
  symbol: string;
  /** `synthetic`, `replay` or `exchange`. */
  feed: string;
  state: "backfilling" | "ended" | "failed" | "live" | "reconnecting" | "starting" | "stopped";
  message: string;
  /** Where prices come from, for people, and whether they never traded. */
  source: string;
  /** Where prices come from, for people, and whether they never traded. */
  synthetic: boolean;
  timeframes: string[];
  /** Stable, where something went wrong. */
  code?: string;
  /** With the code `process_away`: when the process of a live session was last given anything. From then to the message's timestamp nobody traded for it. */
  since?: string;
}

/** What the feed of a market is doing. */
export interface FeedMessage extends Message {
  type: "feed";
  data: FeedData;
}

/** Something is missing in what the feed was given. */
export interface DataGapData {
  symbol: string;
  /** `trades` or `candles`. */
  what: "candles" | "trades";
  /** How many, by their numbers or by the clock. */
  missing: number;
  /** Between which market times. */
  start: string;
  /** Between which market times. */
  end: string;
  /** Whether they could be fetched afterwards. */
  filled: boolean;
  timeframe?: string;
  /** Numbers of the missing trades. */
  first_id?: number;
  /** Numbers of the missing trades. */
  last_id?: number;
}

/** Prices are missing; `gap` is about messages that are not kept, this about the market. */
export interface DataGapMessage extends Message {
  type: "data_gap";
  data: DataGapData;
}

/** A position as it is now: told when it opens, when anything of it changes, when it is closed. */
export interface PositionData {
  /** Id of the session. */
  session: string;
  strategy: string;
  symbol: string;
  /** The trade's id in the session, such as `trade_3`. */
  position_id: string;
  /** `open`, `modify` (quantity, stop, targets, or the price at a close of a candle), `close`. */
  event: "close" | "modify" | "open";
  direction: Direction;
  /** Units still held; 0.0 when closed. */
  quantity: number;
  entry_price: number;
  entry_time: string;
  /** The last it is valued at: bid for longs, ask for shorts. */
  price: number;
  time: string;
  /** A price; null without one. */
  stop_loss: number | null;
  /** Those not reached yet, the nearest first. */
  take_profit_levels: number[];
  /** Of what is still held, before the fees of its exit, money. */
  unrealized_pnl: number;
  /** Of what has been closed, net of fees, money. */
  realized_pnl: number;
  /** Commissions and financing so far, money. */
  fees: number;
  /** Of a closed one, as in `trade`. */
  exit_reason?: string;
}

/** A position of a session; that it was opened or closed is an event. */
export interface PositionMessage extends Message {
  type: "position";
  data: PositionData;
}

/**
 * What has become of an order. Each ends in exactly one final status.
 *
 * `new` (decided, not with the broker yet) → `accepted` → `partially_filled`… → `filled`,
 * `cancelled`, `rejected`, `expired` or `left`. An accepted order whose price is moved (a
 * trailing stop) is told as `accepted` again. One for an exchange is told once more, with its
 * client order id, before it is sent. `left`: the session has ended and keeps what it holds, the
 * order rests at the exchange and goes on there; nobody tells what becomes of it.
 */
export interface OrderData {
  session: string;
  strategy: string;
  symbol: string;
  /** Unique in the session. Entries and exits of the strategy are called as its signals, `signal_12`; protection of a position `trade_3:stop` and `trade_3:target_1`, of what else closes a position (end of the session, kill switch, margin) `trade_3:close`. */
  order_id: string;
  status: "accepted" | "cancelled" | "expired" | "filled" | "left" | "new" | "partially_filled" | "rejected";
  /** What it is for. */
  role: "entry" | "exit" | "stop_loss" | "take_profit";
  side: "buy" | "sell";
  /** `market` has null. */
  kind: "limit" | "market" | "stop";
  /** Units wanted; null while the account's size at the fill decides. */
  quantity: number | null;
  /** `market` has null. */
  price: number | null;
  /** So far: units, a price, money; `average_price` null without a fill. */
  filled: number;
  /** So far: units, a price, money; `average_price` null without a fill. */
  average_price: number | null;
  /** So far: units, a price, money; `average_price` null without a fill. */
  fees: number;
  time: string;
  /** Who fills it: `paper`, or the exchange's name. */
  broker: string;
  /** The position it opened or (partly) closed, or is to close. */
  trade_id?: string;
  /** How the exchange knows it. */
  client_order_id?: string;
  /** Whether it rests here, not at the exchange, which gets a market order when its price is reached. */
  emulated?: boolean;
  /** Why it was rejected, cancelled, expired or left, as in `signal`; of risk limits the limit's name, such as `max_position`. One that is cancelled may have filled in part. */
  code?: string;
  /** Why it was rejected, cancelled, expired or left, as in `signal`; of risk limits the limit's name, such as `max_position`. One that is cancelled may have filled in part. */
  message?: string;
  /** Why it was rejected, cancelled, expired or left, as in `signal`; of risk limits the limit's name, such as `max_position`. One that is cancelled may have filled in part. */
  numbers?: Record<string, number>;
  /** Why it was given; on `new`. */
  reasoning?: Reasoning;
  /** From the close of the candle, or the trade, that decided it to this message, where the feed goes by the clock. */
  latency_ms?: number;
}

/** What has become of an order. */
export interface OrderMessage extends Message {
  type: "order";
  data: OrderData;
}

/** How much of a limit is used. */
export interface LimitUse {
  /** As in `workbench.trading.limits.RiskLimits`; those of the account begin with `account.`. */
  name: string;
  /** In the limit's unit. */
  value: number;
  /** In the limit's unit. */
  limit: number;
  /** value / limit, 0 for nothing; 1 and more is a breach. */
  used: number;
  /** `money`, `fraction`, `x`, `count` or `seconds`. */
  unit: string;
  /** Of limits that hold for each symbol: the one that uses most. */
  symbol?: string;
}

/** A limit that was met. */
export interface Breach {
  /** Its name. */
  limit: string;
  /** What there would have been, and the limit. */
  value: number;
  /** What there would have been, and the limit. */
  allowed: number;
  /** What was done: the order rejected, or everything flattened. */
  action: "flatten" | "reject";
  message: string;
  symbol?: string;
  /** The order that was rejected, where one was. */
  order_id?: string;
}

/** What a session risks now, or (with `breach`) a limit it has met. */
export interface RiskData {
  session: string;
  time: string;
  /** Balance and unrealised profit, money. */
  equity: number;
  /** Sum of absolute, and of signed, notionals of what is held, money. */
  exposure: number;
  /** Sum of absolute, and of signed, notionals of what is held, money. */
  net_exposure: number;
  /** exposure / equity, times. */
  leverage: number;
  /** What the positions bind: exposure over the account's leverage, money. */
  margin: number;
  /** equity / the highest equity of the session (at every price it was given) - 1: a fraction, zero or negative. */
  drawdown: number;
  /** Equity now less equity at 00:00 UTC, or at the start, money; below 0 a loss. */
  daily_pnl: number;
  /** Entries and exits that wait; protection not counted. */
  open_orders: number;
  /** Orders given in the last 60 seconds. */
  orders_last_minute: number;
  /** Value at risk and expected shortfall of what is held: money, above 0, for one candle of the shortest timeframe at `confidence`; null until there are enough returns. Formula in docs/risk.md. */
  var: number | null;
  /** Value at risk and expected shortfall of what is held: money, above 0, for one candle of the shortest timeframe at `confidence`; null until there are enough returns. Formula in docs/risk.md. */
  es: number | null;
  confidence: number;
  /** Seconds since the last price, of the symbol that waits longest; null where the feed does not go by the clock. */
  data_age: number | null;
  /** `open`, or `paused` while no entry is let through. */
  entries: "open" | "paused";
  /** How much of each limit is used. */
  limits: LimitUse[];
  breach?: Breach;
}

/** What a session risks; a breach of a limit is an event. */
export interface RiskMessage extends Message {
  type: "risk";
  data: RiskData;
}

/** Profit of a symbol or a strategy, money; `realized` net of `fees`, `unrealized` before. */
export interface PnlPart {
  realized: number;
  unrealized: number;
  fees: number;
  trades: number;
}

/** Profit of a session so far. */
export interface PnlData {
  session: string;
  time: string;
  equity: number;
  /** Capital and realised profit, money. */
  balance: number;
  /** As in `PnlPart`; equity = balance + unrealized, money. */
  realized: number;
  /** As in `PnlPart`; equity = balance + unrealized, money. */
  unrealized: number;
  fees: number;
  trades: number;
  by_symbol: Record<string, PnlPart>;
  by_strategy: Record<string, PnlPart>;
}

/** The latest of each session. */
export interface PnlMessage extends Message {
  type: "pnl";
  data: PnlData;
}

/** Answered by `pong`. */
export interface Ping {
  type: "ping";
  data?: unknown;
}

/** A control of the run, of a live session, or of this connection's replay. */
export interface ControlRequest {
  type: "control";
  /** `pause`, `resume`, `step`, `speed`, `run_until`, `stop`; for replays `seek` instead of the last two; for live sessions also `pause_entries` (no order opens a position), `resume_entries` and `flatten` (close all, cancel all, pause entries). */
  action: string;
  /** Candles for `step` (in a replay also negative), the pace for `speed`. */
  value?: number | null;
  /** Of the pace: absent for candles a second, `x` for multiples of market time. */
  unit?: string | null;
  /** For `run_until`. */
  until?: Until | null;
  /** For `seek`. */
  to?: SeekTo | null;
  /** Which session is meant, in the stream of all live sessions. */
  session?: string | null;
}

/** What is in a log. */
export type LogMessage =
  | ProgressMessage
  | TradeMessage
  | SignalMessage
  | SweepMessage
  | EquityMessage
  | MetricsMessage
  | CompleteMessage
  | ErrorMessage
  | StatusMessage
  | ControlMessage
  | CandleMessage
  | PatternMessage
  | StructureMessage
  | ConfluenceMessage
  | FeedMessage
  | DataGapMessage
  | PositionMessage
  | OrderMessage
  | RiskMessage
  | PnlMessage;

/** Every message of a stream. */
export type AnyMessage =
  | ConnectedMessage
  | PongMessage
  | GapMessage
  | HeartbeatMessage
  | ShutdownMessage
  | ResetMessage
  | ReplayMessage
  | EquityBatchMessage
  | ProgressMessage
  | TradeMessage
  | SignalMessage
  | SweepMessage
  | EquityMessage
  | MetricsMessage
  | CompleteMessage
  | ErrorMessage
  | StatusMessage
  | ControlMessage
  | CandleMessage
  | PatternMessage
  | StructureMessage
  | ConfluenceMessage
  | FeedMessage
  | DataGapMessage
  | PositionMessage
  | OrderMessage
  | RiskMessage
  | PnlMessage;

/** What a client may say. */
export type ClientMessage =
  | Ping
  | ControlRequest;

export type MessageType = AnyMessage["type"];

/** The message of a type. */
export type MessageOf<T extends MessageType> = Extract<AnyMessage, { type: T }>;

/**
 * What a slow reader may be spared.
 *
 * - `event`: Never dropped, never reordered.
 * - `curve`: May be merged, keeping last, minimum and maximum.
 * - `state`: Only the latest of its key matters.
 * - `connection`: Belongs to one connection; never in a log.
 */
export type Delivery = "event" | "curve" | "state" | "connection";

/** The delivery class of each type. */
export const DELIVERY: Readonly<Record<MessageType, Delivery>> = {
  connected: "connection",
  pong: "connection",
  gap: "connection",
  heartbeat: "connection",
  shutdown: "connection",
  reset: "connection",
  replay: "connection",
  equity_columns: "connection",
  progress: "state",
  trade: "event",
  signal: "event",
  sweep: "event",
  equity: "curve",
  metrics: "state",
  complete: "event",
  error: "event",
  status: "event",
  control: "event",
  candle: "event",
  pattern: "event",
  structure: "event",
  confluence: "event",
  feed: "event",
  data_gap: "event",
  position: "event",
  order: "event",
  risk: "event",
  pnl: "state",
};

/** A message of one of these types is the last of its log. */
export const FINAL_TYPES: ReadonlySet<string> = new Set(["complete", "error"]);

/** In one of these states a run is over. */
export const FINAL_STATUSES: ReadonlySet<string> = new Set(["complete", "error", "stopped"]);
