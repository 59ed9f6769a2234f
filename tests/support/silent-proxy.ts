import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between the product and a Postgres, and can swallow what either says. */
export interface SilentProxy extends AsyncDisposable {
  /** The address of the database by way of the proxy. */
  readonly url: string;
  /** From now on nothing passes on the connections that are open, and none is closed; new ones work. */
  silence(): void;
}

/** A proxy to the database at `databaseUrl`, on a free port. */
export async function openSilentProxy(databaseUrl: string): Promise<SilentProxy> {
  const to = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const links = new Set<{ isSilent: boolean }>();
  const server = createServer((near) => {
    const far = connect(Number(to.port), to.hostname);
    const link = { isSilent: false };
    links.add(link);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => void (link.isSilent || into.write(data)));
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!link.isSilent) into.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: Object.assign(new URL(to), { hostname: '127.0.0.1', port: String(port) }).href,
    silence() {
      for (const link of links) link.isSilent = true;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
