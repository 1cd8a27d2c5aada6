class BacktestStreamClient {
  private ws: WebSocket;
  private handlers: Map<string, Function[]> = new Map();

  constructor(backtestId: string) {
    this.ws = new WebSocket(
      `ws://localhost:8000/api/ws/stream/backtest/${backtestId}`
    );
    
    this.ws.onmessage = (event) => {
      const message = JSON.parse(event.data);
      this.emit(message.type, message.data);
    };
    
    this.ws.onerror = (error) => {
      console.error('WebSocket error:', error);
    };
    
    this.ws.onclose = () => {
      console.log('WebSocket closed');
    };
  }

  on(eventType: string, handler: Function) {
    if (!this.handlers.has(eventType)) {
      this.handlers.set(eventType, []);
    }
    this.handlers.get(eventType)!.push(handler);
  }

  private emit(eventType: string, data: any) {
    const handlers = this.handlers.get(eventType) || [];
    handlers.forEach(handler => handler(data));
  }

  close() {
    this.ws.close();
  }
}

// Usage
const client = new BacktestStreamClient('backtest_20240211_123456');

client.on('connected', (data) => {
  console.log('Connected:', data.message);
});

client.on('progress', (data) => {
  updateProgressBar(data.progress);
  updateMetrics(data.metrics);
});

client.on('trade', (data) => {
  if (data.event === 'entry') {
    addTradeMarker(data);
  } else if (data.event === 'exit') {
    updateTradeMarker(data);
  }
});

client.on('equity', (data) => {
  updateEquityCurve(data);
});

client.on('complete', (data) => {
  showFinalResults(data.metrics);
});
