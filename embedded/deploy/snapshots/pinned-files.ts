import type { StorageFiles } from "../../runtime/files/storage-files";

export interface PinnableFiles extends StorageFiles {
  /** Until the returned function is called, files that are deleted keep their bytes. */
  pin(): () => void;
}

/** For exports: the documents of a snapshot name files that may be deleted while it is read. */
export function pinnable(files: StorageFiles): PinnableFiles {
  const deleted = new Set<string>();
  let pins = 0;
  const unpin = () => {
    pins -= 1;
    if (pins > 0) return;
    for (const key of deleted) files.delete(key);
    deleted.clear();
  };
  return {
    ...files,
    delete: (key) => {
      if (pins === 0) files.delete(key);
      else deleted.add(key);
    },
    publish: (stagingKey, key) => {
      deleted.delete(key);
      files.publish(stagingKey, key);
    },
    publishAll: (pairs) => {
      for (const { key } of pairs) deleted.delete(key);
      files.publishAll(pairs);
    },
    pin: () => {
      pins += 1;
      let isPinned = true;
      return () => {
        if (isPinned) unpin();
        isPinned = false;
      };
    },
  };
}
