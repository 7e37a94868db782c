/**
 * The BIRD driver: announcements become `announced.conf`, which BIRD reads again on `configure`.
 *
 * A round: render; write the file (temporary file and rename); `configure` on the control socket; judge by the numeric
 * code of the reply. What always holds:
 *
 * - A refused file does not stay on disk. What stood there before is put back, so that disk and router agree.
 * - Every apply is a real one. BIRD works out the difference itself, and the agent applies again only when the router was
 *   seen to do otherwise: then neither the file nor what was accepted before says what the router does.
 * - The connection is kept, since a reply on it takes a millisecond, and opened anew when BIRD was restarted.
 *
 * `observe` asks what each established session has really sent (`show route exported`), not what the filter would let out.
 *
 * Not here: starting BIRD and rendering the other files (the sidecar), deciding and retrying (the agent). Rules and
 * filters are in bird-configs/pop/bird.conf.
 */
import { describeError, Fault } from '../../system/fault.ts';
import { readFileIfAny, writeFileAtomically } from '../../system/files.ts';
import { type Announcement, noAttributes } from '../announcement.ts';
import { type BirdControl, connectBird } from '../bird/bird-control.ts';
import { type BirdFolder, birdFolder } from '../bird/bird-folder.ts';
import { type BirdReply, birdCodes, isRefusal, replyText } from '../bird/bird-reply.ts';
import { renderAnnounced } from '../bird/render-announced.ts';
import { prefixesIn, sessionsIn } from '../bird/show.ts';
import type { ExportedRoute, Observation, RouteDriver, RouteDriverKind } from '../route-driver.ts';

export const birdDriver: RouteDriverKind = {
  kind: 'bird',
  create: runDirectory => new BirdRoutes(birdFolder(runDirectory)),
};

const accepted: readonly number[] = [
  birdCodes.reconfigured,
  birdCodes.reconfiguring,
  birdCodes.reconfigurationQueued,
];

class BirdRoutes implements RouteDriver {
  readonly kind = 'bird';
  readonly #folder: BirdFolder;
  #control: BirdControl | undefined;

  constructor(folder: BirdFolder) {
    this.#folder = folder;
  }

  async apply(desired: readonly Announcement[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const control = await this.#connected(signal);
    const before = await readFileIfAny(this.#folder.announced);
    await this.#write(renderAnnounced(desired));
    const reply = await control.command('configure', signal);
    if (!accepted.includes(reply.code)) {
      await this.#write(before ?? renderAnnounced([]));
      throw refused('configure', reply);
    }
  }

  async observe(signal: AbortSignal): Promise<Observation> {
    signal.throwIfAborted();
    const control = await this.#connected(signal);
    const sessions = sessionsIn(await ask(control, 'show protocols', signal));
    const exported = new Map<string, ExportedRoute[]>();
    for (const session of sessions.filter(({ state }) => state === 'established')) {
      const routes = await ask(control, `show route exported ${session.protocol}`, signal);
      for (const { text } of prefixesIn(routes))
        exported.set(text, [
          ...(exported.get(text) ?? []),
          { neighbour: session.neighbour, ...noAttributes },
        ]);
    }
    return {
      exported,
      sessions: sessions.map(({ neighbour, family, state, detail }) => ({
        neighbour,
        family,
        state,
        detail,
      })),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#control?.[Symbol.asyncDispose]();
  }

  async #write(text: string): Promise<void> {
    try {
      await writeFileAtomically(this.#folder.announced, text);
    } catch (cause) {
      throw new Fault('environment', `cannot write ${this.#folder.announced}: ${describeError(cause)}`, {
        hint: 'the agent needs the right to write in that folder, and room there',
        cause,
      });
    }
  }

  async #connected(signal: AbortSignal): Promise<BirdControl> {
    if (!this.#control || this.#control.isClosed)
      this.#control = await connectBird(this.#folder.controlSocket, signal);
    return this.#control;
  }
}

async function ask(control: BirdControl, command: string, signal: AbortSignal): Promise<BirdReply> {
  const reply = await control.command(command, signal);
  if (isRefusal(reply)) throw refused(command, reply);
  return reply;
}

function refused(command: string, reply: BirdReply): Fault {
  const code = String(reply.code).padStart(4, '0');
  return new Fault('refused', `BIRD refused '${command}' with code ${code}: ${replyText(reply)}`, {
    hint: 'the routes of before still stand; look at the file and line that BIRD names',
  });
}
