"""<Start> and <Stop>: recordings and one-way streams, which run beside the verbs that follow."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from oncall.sandbox.phone.call import Call
from oncall.sandbox.phone.order import Callback
from oncall.sandbox.phone.recording import Recording
from oncall.sandbox.phone.script import Script, verb
from oncall.sandbox.phone.stream import MediaStream


@verb("Start")
async def start(script: Script, element: Element) -> None:
    """Set going what is asked for, and wait for none of it."""
    for noun in element:
        if noun.tag == "Recording":
            _start_recording(script, noun)
        elif noun.tag == "Stream":
            start_stream(script, noun)
        else:
            script.exchange.warn(12200, script.call, f"Start of {noun.tag} is not done here")


@verb("Stop")
async def stop(script: Script, element: Element) -> None:
    """End the recordings of the call, or the stream that is named."""
    for noun in element:
        if noun.tag == "Recording":
            for recording in script.call.recordings:
                script.exchange.end_recording(recording, script.call)
        elif noun.tag == "Stream":
            if not stop_stream(script.call, noun.get("name") or ""):
                script.exchange.warn(31952, script.call, "no stream of this name runs")
        else:
            script.exchange.warn(12200, script.call, f"Stop of {noun.tag} is not done here")


def start_stream(script: Script, noun: Element) -> MediaStream:
    """Fork a call's sound to a server; the connection is made in the background."""
    stream = MediaStream(script, noun, bidirectional=False)
    script.call.streams.append(stream)
    script.exchange.webhooks.start(stream.open())
    return stream


def stop_stream(call: Call, name: str) -> bool:
    """End the fork of this name, or sid; False when there is none."""
    for stream in call.streams:
        if name in (stream.name, stream.sid):
            call.streams.remove(stream)
            stream.stop()
            return True
    return False


def _start_recording(script: Script, noun: Element) -> None:
    callback = None
    target = script.elsewhere(noun.get("recordingStatusCallback") or "", noun.get("recordingStatusCallbackMethod"))
    if noun.get("recordingStatusCallback") and target.url:
        wanted = frozenset((noun.get("recordingStatusCallbackEvent") or "completed").split())
        callback = Callback(target.url, target.method, wanted)
    script.exchange.start_recording(
        script.call,
        Recording(
            script.call.account_sid,
            script.call.sid,
            "StartCallRecordingTwiML",
            channels=1 if noun.get("channels") == "mono" else 2,
            track=noun.get("track") or "both",
            trim=noun.get("trim") == "trim-silence",
        ),
        callback,
    )
