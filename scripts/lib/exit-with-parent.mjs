/**
 * Loaded with `--import` into every child of `start.mjs`. The channel to the parent closes when the parent ends for any
 * reason, `kill -9` included; the child then asks itself to stop, and leaves after five seconds at the latest. Programs such as `next dev` hand their flags
 * on to children of their own, whose channel is not ours to touch.
 */
if (process.channel && process.env.LOCKSTEP_PARENT === String(process.ppid)) {
  process.on("disconnect", () => {
    setTimeout(() => process.exit(1), 5000).unref();
    process.kill(process.pid, "SIGTERM");
  });
  process.channel.unref();
}
