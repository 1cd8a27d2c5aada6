import asyncio
import json
import websockets

async def stream_backtest(backtest_id: str):
    uri = f"ws://localhost:8000/api/ws/stream/backtest/{backtest_id}"
    
    async with websockets.connect(uri) as ws:
        async for message in ws:
            data = json.loads(message)
            
            if data['type'] == 'progress':
                print(f"Progress: {data['data']['progress']:.1f}%")
            elif data['type'] == 'trade':
                print(f"Trade {data['data']['event']}: {data['data']['trade_id']}")
            elif data['type'] == 'complete':
                print("Backtest complete!")
                print(json.dumps(data['data']['metrics'], indent=2))
                break

# Run
asyncio.run(stream_backtest('backtest_20240211_123456'))
