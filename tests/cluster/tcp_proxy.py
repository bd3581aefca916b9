"""A TCP proxy on the loopback whose line a test can cut: `Proxy("127.0.0.1", 6379)`."""
import asyncio
import socket
import threading

CHUNK = 1 << 16


class Proxy:
    """refuse(): the connections end, new ones are refused. swallow(): nobody notices anything, but nothing arrives any more
    until heal(), when everything that was sent meanwhile arrives late."""

    def __init__(self, host, port):
        self._target = (host, port)
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._writers = set()
        self._refusing = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._began = threading.Event()
        self._thread.start()
        self._began.wait()

    def aim(self, host, port):
        self._target = (host, port)

    def refuse(self):
        self._do(self._refuse)

    def swallow(self):
        self._do(self._flowing.clear)

    def heal(self):
        self._do(self._heal)

    def close(self):
        self._do(self._refuse)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _do(self, action):
        done = threading.Event()

        def act():
            action()
            done.set()
        self._loop.call_soon_threadsafe(act)
        done.wait()

    def _refuse(self):
        self._refusing = True
        for writer in list(self._writers):
            writer.transport.abort()

    def _heal(self):
        self._refusing = False
        self._flowing.set()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._began.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self):
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server = await asyncio.start_server(self._accept, sock=self._listener)

    async def _accept(self, reader, writer):
        if self._refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = (writer, far_writer)
        self._writers.update(ends)
        if self._refusing:
            self._refuse()
        await asyncio.gather(self._forward(reader, far_writer), self._forward(far_reader, writer))
        self._writers.difference_update(ends)

    async def _forward(self, reader, writer):
        try:
            while data := await reader.read(CHUNK):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
            writer.close()
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
