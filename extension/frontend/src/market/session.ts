import { Reading, type ReadingOptions } from "../reading.ts";
import { MarketModel } from "./model.ts";

export interface MarketSessionOptions extends ReadingOptions {
  /** The timeframe to begin with; the shortest where it is empty. */
  timeframe: string;
  /** Told which timeframe is shown, when that changes. */
  chosen: (timeframe: string) => void;
}

/** A market, and which of its timeframes is shown. */
export class MarketSession extends Reading {
  readonly market = new MarketModel();
  private wanted: string;

  constructor(private readonly options: MarketSessionOptions) {
    super(options);
    this.wanted = options.timeframe;
    this.begin();
  }

  /** The timeframe that is shown; empty while none is known. */
  get timeframe(): string {
    const { timeframes } = this.market.info;
    return timeframes.includes(this.wanted) ? this.wanted : (timeframes[0] ?? "");
  }

  /** Show a timeframe of those there are. */
  show(timeframe: string): void {
    const { timeframes } = this.market.info;
    if (timeframe === this.timeframe || (timeframes.length > 0 && !timeframes.includes(timeframe))) return;
    this.wanted = timeframe;
    this.options.chosen(timeframe);
    this.tell();
  }

  protected get story(): MarketModel {
    return this.market;
  }
}
