/**
 * The BIRD driver: announcements become `announced.conf`, which BIRD reads again on `configure`.
 *
 * A round: look at the sessions; write the file (temporary file and rename); `configure timeout`; look at the sessions
 * again; `configure confirm` (bird/configure.ts). What always holds:
 *
 * - A refused file does not stay on disk. What stood there before is put back, so that disk and router agree; unless it
 *   is nothing that this driver writes, for BIRD must never come to read damage.
 * - A withdrawal waits for nothing: BIRD is told in the turn in which it was decided. Where the file's disk does not answer,
 *   neither does the agent, its lease runs out, and the sidecar withdraws.
 * - Every apply is a real one. BIRD works out the difference itself, and the agent applies again only when the router was
 *   seen to do otherwise: then neither the file nor what was accepted before says what the router does.
 * - The connection is kept, since a reply on it takes a millisecond, and opened anew when BIRD was restarted.
 *
 * `observe` asks what each established session has really sent (`show route exported`), not what the filter would let out.
 * The attributes are those of the route as the export filter is given it.
 *
 * Not here: starting BIRD and rendering the other files (the sidecar), deciding and retrying (the agent). Rules and
 * filters are in bird-configs/pop/bird.conf.
 */
import { describeError, Fault } from '../../system/fault.ts';
import { readFileIfAnyAtOnce, writeFileAtOnce } from '../../system/files.ts';
import type { Announcement } from '../announcement.ts';
import { type BirdControl, connectBird } from '../bird/bird-control.ts';
import { type BirdFolder, birdFolder } from '../bird/bird-folder.ts';
import { ask, configure, sessionsOf } from '../bird/configure.ts';
import { isRendered, renderAnnounced } from '../bird/render-announced.ts';
import { announcementsIn } from '../bird/show.ts';
import type { ExportedRoute, Observation, RouteDriver, RouteDriverKind } from '../route-driver.ts';

export const birdDriver: RouteDriverKind = {
  kind: 'bird',
  create: runDirectory => new BirdRoutes(birdFolder(runDirectory)),
};

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
    const sessions = desired.length > 0 ? await sessionsOf(control, signal) : [];
    const before = readFileIfAnyAtOnce(this.#folder.announced);
    this.#write(renderAnnounced(desired));
    try {
      await configure(control, sessions, signal);
    } catch (error) {
      if (error instanceof Fault && error.code === 'refused')
        this.#write(before !== undefined && isRendered(before) ? before : renderAnnounced([]));
      throw error;
    }
  }

  async observe(signal: AbortSignal): Promise<Observation> {
    signal.throwIfAborted();
    const control = await this.#connected(signal);
    const sessions = await sessionsOf(control, signal);
    const exported = new Map<string, ExportedRoute[]>();
    for (const { protocol, neighbour } of sessions.filter(({ state }) => state === 'established')) {
      const reply = await ask(control, `show route exported ${protocol} all`, signal);
      for (const { prefix, ...attributes } of announcementsIn(reply))
        exported.set(prefix.text, [...(exported.get(prefix.text) ?? []), { neighbour, ...attributes }]);
    }
    return { exported, sessions: sessions.map(({ protocol, ...session }) => session) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#control?.[Symbol.asyncDispose]();
  }

  #write(text: string): void {
    try {
      writeFileAtOnce(this.#folder.announced, text);
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
