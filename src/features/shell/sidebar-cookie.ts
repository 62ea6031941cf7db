/** Holds "collapsed" or "open"; written by the browser, read by the server. */
export const SIDEBAR_COOKIE = "lockstep-sidebar";
