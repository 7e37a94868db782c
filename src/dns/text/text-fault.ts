/** Presentation format that cannot be read: what is wrong, for whoever wrote it. */
export class TextFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TextFault';
  }
}
