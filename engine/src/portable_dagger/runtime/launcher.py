from portable_dagger.runtime import linux
from pathlib import Path
import re
def prepare_mounts(*, new_processes: bool) -> None:
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    if new_processes:
        linux.mount("proc","/proc","proc",linux.MS_NOSUID|linux.MS_NODEV|linux.MS_NOEXEC)
    if Path("/sys/fs/cgroup/unified").is_mount():
        linux.unmount("/sys/fs/cgroup/unified")
