"""Independent OCPP 2.0.1 stations: the PyPI packages `ocpp` and `websockets`, many stations in one process.

Reads one JSON object from standard input: {"url": "ws://127.0.0.1:9000", "stations": [{"name": ..., "password": ...}],
"conduct": "obey" | "refuse" | "ignore" | "unable"}. Writes one JSON line for each call a station gets, and one when all
have booted. Ends when standard input closes.
"""

import asyncio
import base64
import json
import sys
from datetime import datetime, timezone

import websockets
from ocpp.exceptions import NotImplementedError as NotImplementedByStation
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result


def now() -> str:
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


class Station(ChargePoint):
    """Obeys, refuses, leaves calls unanswered, or is unable to do what it is asked."""

    def __init__(self, name: str, connection: object, conduct: str) -> None:
        super().__init__(name, connection)
        self.conduct = conduct
        self.transaction = None
        self.sequence = 0

    async def settle(self, action: str, detail: object) -> str:
        say(station=self.id, action=action, detail=detail)
        if self.conduct == "unable":
            raise NotImplementedByStation(description="not implemented here")
        if self.conduct == "ignore":
            await asyncio.sleep(3600)
        return "Rejected" if self.conduct == "refuse" else "Accepted"

    @on("SetChargingProfile")
    async def on_set_charging_profile(self, evse_id, charging_profile, **_):
        limit = charging_profile["charging_schedule"][0]["charging_schedule_period"][0]["limit"]
        return call_result.SetChargingProfile(status=await self.settle("SetChargingProfile", limit))

    @on("ClearChargingProfile")
    async def on_clear_charging_profile(self, **_):
        return call_result.ClearChargingProfile(status=await self.settle("ClearChargingProfile", None))

    @on("ChangeAvailability")
    async def on_change_availability(self, operational_status, **_):
        return call_result.ChangeAvailability(status=await self.settle("ChangeAvailability", operational_status))

    @on("RequestStartTransaction")
    async def on_request_start(self, id_token, remote_start_id, **_):
        status = await self.settle("RequestStartTransaction", remote_start_id)
        if status == "Accepted":
            self.transaction = f"py-{remote_start_id}"
            asyncio.create_task(self.event("Started", "RemoteStart", 1000, remote_start_id=remote_start_id))
        return call_result.RequestStartTransaction(status=status)

    @on("RequestStopTransaction")
    async def on_request_stop(self, transaction_id, **_):
        status = await self.settle("RequestStopTransaction", None)
        if transaction_id != self.transaction:
            return call_result.RequestStopTransaction(status="Rejected")
        if status == "Accepted":
            asyncio.create_task(self.event("Ended", "RemoteStop", 3500, stopped_reason="Remote"))
        return call_result.RequestStopTransaction(status=status)

    @on("GetTransactionStatus")
    async def on_get_transaction_status(self, **_):
        return call_result.GetTransactionStatus(messages_in_queue=False)

    @on("CostUpdated")
    async def on_cost_updated(self, total_cost, **_):
        await self.settle("CostUpdated", total_cost)
        return call_result.CostUpdated()

    async def event(self, event_type: str, trigger: str, register: int, **info: object) -> None:
        timestamp = now()
        reply = await self.call(
            call.TransactionEvent(
                event_type=event_type,
                timestamp=timestamp,
                trigger_reason=trigger,
                seq_no=self.sequence,
                transaction_info={"transaction_id": self.transaction, **info},
                meter_value=[{"timestamp": timestamp, "sampled_value": [{"value": register}]}],
            )
        )
        self.sequence += 1
        say(station=self.id, event=event_type, total_cost=reply.total_cost)


async def run(url: str, name: str, password: str, conduct: str, booted: asyncio.Queue) -> None:
    token = base64.b64encode(f"{name}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {token}"}
    async with websockets.connect(f"{url}/{name}", subprotocols=["ocpp2.0.1"], additional_headers=headers) as line:
        station = Station(name, line, conduct)
        listening = asyncio.create_task(station.start())
        reply = await station.call(
            call.BootNotification(charging_station={"model": "Independent", "vendor_name": "PyPI"}, reason="PowerUp")
        )
        await booted.put(reply.status)
        await listening


async def main() -> None:
    task = json.loads(sys.stdin.readline())
    booted: asyncio.Queue = asyncio.Queue()
    stations = [
        asyncio.create_task(run(task["url"], each["name"], each["password"], task["conduct"], booted))
        for each in task["stations"]
    ]
    for _ in stations:
        await booted.get()
    say(booted=len(stations))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for station in stations:
        station.cancel()
    await asyncio.gather(*stations, return_exceptions=True)


asyncio.run(main())
