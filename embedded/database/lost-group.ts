/**
 * The watchdog has stopped the host while it stored a mutation, so the open group was given up as a whole. There is
 * nothing wrong with the disk: whoever wrote in it may write again.
 */
export class LostGroup extends Error {
  constructor() {
    super(
      "The server was held up while it stored a mutation; nothing of it was stored.",
    );
  }
}
