#!/bin/bash
# Installs a .deb into a clean Debian, uses it there as an ordinary user, and purges it again.
#
#   packaging/verify_deb.sh FILE.deb [SUITE [WORK_FOLDER]]     as root; SUITE is bookworm unless told otherwise
#
# WORK_FOLDER (/var/cache/softtoken-verify) keeps the clean root, so that the next run needs no debootstrap, and the screenshot.
# The mirror is the one that this machine's apt uses. Ends with "N passed, N failed".
# shellcheck disable=SC2001,SC2016
set -uo pipefail
deb=$(realpath "${1:?which .deb?}")
suite=${2:-bookworm}
work=$(realpath -m "${3:-/var/cache/softtoken-verify}")
root=$work/$suite
passed=0
failed=0

[ "$(id -u)" = 0 ] || { echo "This needs root: it makes a Debian of its own in a folder." >&2; exit 2; }
command -v debootstrap > /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap > /dev/null; } || exit 2
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
[ -n "$mirror" ] || { echo "apt has no Debian mirror." >&2; exit 2; }
mkdir -p "$work"

log() { printf '%s %s\n' "$(date +%T)" "$*"; }
check() { # check NAME COMMAND...: one line for each, the output only of what failed
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        sed 's/^/   | /' <<< "$said" | tail -15
        failed=$((failed + 1))
    fi
}
absent() { ! test -e "$1"; }
lacks() { # none of what only builds and tests use came along: as a file, in the program's archive, in the papers
    ! find "$root/usr/lib/softtoken" -print | grep -i -E "$1" &&
        ! grep -a -o -E "$1" "$root/usr/lib/softtoken/softtoken" &&
        ! zcat -f "$root"/usr/share/doc/softtoken/{THIRD-PARTY-NOTICES,sbom.cdx.json}* | grep -i -E "$1"
}
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
as_user() { in_root setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs env HOME=/home/u USER=u XDG_RUNTIME_DIR=/home/u/run "$@"; }
unmount() {
    [ -z "${bus:-}" ] || kill "$bus" 2> /dev/null
    for each in proc sys dev; do mountpoint -q "$root/$each" && umount -l "$root/$each"; done
}
trap unmount EXIT

if [ ! -e "$root.clean/.made" ]; then
    log "making a clean $suite"
    rm -rf --one-file-system "$root.clean"
    debootstrap --variant=minbase "$suite" "$root.clean" "$mirror" > "$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log"; exit 2; }
    touch "$root.clean/.made"
fi
# a copy for each run: what an earlier one pulled in would hide a dependency that the package does not name
unmount
rm -rf --one-file-system "$root"
cp -a --reflink=auto "$root.clean" "$root" || exit 2
in_root useradd --uid 1000 --create-home u
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mount -t proc proc "$root/proc" && mount -t sysfs sys "$root/sys" && mount --bind /dev "$root/dev" || exit 2
in_root install -d -o u -g u -m 700 /home/u/run
in_root apt-get update -qq
in_root dpkg-query -f '${Package}\n' -W | sort > "$work/before"
cp "$deb" "$root/tmp/softtoken.deb"

log "installing"
check "apt installs it" in_root apt-get install -y -qq --no-install-recommends /tmp/softtoken.deb
in_root dpkg-query -f '${Package}\n' -W | sort > "$work/after"
log "packages that came with it: $(comm -13 "$work/before" "$work/after" | wc -l)"
check "its files are as packed" in_root dpkg --verify softtoken
check "no library is missing" in_root sh -c '! find /usr/lib/softtoken -name "*.so*" -exec ldd {} + 2>&1 | grep "not found"'
check "the notices say how to replace Qt" in_root sh -c 'zcat -f /usr/share/doc/softtoken/THIRD-PARTY-NOTICES* | grep -q "replace these libraries"'
check "it says its version" as_user sh -c 'test "$(softtoken --version)" = "softtoken $(dpkg-query -W -f "\${Version}" softtoken)"'
check "the whole story, offscreen" as_user env QT_QPA_PLATFORM=offscreen softtoken demo --headless
as_user softtoken demo --headless --json > "$work/demo.jsonl" 2> /dev/null
check "the story ends well, in JSON" sh -c "tail -1 '$work/demo.jsonl' | grep -q '\"good\": *true'"
check "help for people" as_user softtoken --help
check "nothing for developers in it" lacks 'pytest|xdist|execnet|schemathesis|zxingcpp'
cat > "$root/tmp/closed.sh" << 'INSIDE'
# a program of the same user looks at one that runs
softtoken sandbox --port 0 --json --data /home/u/sandbox > /home/u/sandbox.log 2>&1 &
program=$!
trap 'kill $program' EXIT
for _ in $(seq 150); do
    grep -q url /home/u/sandbox.log && break
    sleep 0.2
done
cat /home/u/sandbox.log
grep -E "^Max core file size +0 +0 " /proc/$program/limits || exit 1
head -c 1 /proc/$$/environ > /dev/null || exit 1 # the control
! head -c 1 /proc/$program/environ && ! head -c 1 /proc/$program/maps && ! head -c 1 /proc/$program/mem
INSIDE
check "no core dump, and no other program reads it" as_user env SOFTTOKEN_DEBUGGABLE=1 bash /tmp/closed.sh
cat > "$root/tmp/loaded.sh" << 'INSIDE'
# a command in a terminal has no use for Qt, and what is done about the process is done before anything else is loaded
strace -f -o /home/u/trace -e trace=openat,umask softtoken list --json > /dev/null 2>&1
grep -q "umask(077)" /home/u/trace || exit 1
! sed "/umask(077)/,\$d" /home/u/trace | grep -E "cryptography|click|libQt6" && ! grep libQt6 /home/u/trace
INSIDE

log "a screen, a keyring, a desktop"
in_root apt-get install -y -qq --no-install-recommends \
    xvfb xauth xdotool xclip imagemagick desktop-file-utils xdg-utils dbus gnome-keyring man-db strace > "$work/extra.log" 2>&1 || tail -3 "$work/extra.log"
check "a command loads no Qt, and nothing before it is hardened" as_user bash /tmp/loaded.sh
cat > "$root/tmp/desktop.sh" << 'INSIDE'
# a keyring like a desktop's, unlocked; then the command
printf 'password\n' | gnome-keyring-daemon --unlock --components=secrets --daemonize > /dev/null 2>&1
export SOFTTOKEN_HOME=/home/u/vault
"$@"
INSIDE
on_desktop() { as_user env QT_QPA_PLATFORM=offscreen dbus-run-session -- bash /tmp/desktop.sh "$@"; }
cat > "$root/tmp/add.sh" << 'INSIDE'
# the product makes a vault, and a second run opens it again
printf 'otpauth://totp/Example:alice?secret=JBSWY3DPEHPK3PXP&issuer=Example\n' | softtoken add - || exit 1
softtoken list --json | grep alice
INSIDE
check "a vault whose key is in gnome-keyring" on_desktop bash /tmp/add.sh
cat > "$root/tmp/copy.sh" << 'INSIDE'
# a code on the clipboard, which a helper takes off again
softtoken code alice --copy || exit 1
xclip -selection clipboard -o | grep -E "^[0-9]{6}$" || exit 1
for _ in $(seq 100); do
    sleep 0.5
    [ -z "$(timeout 5 xclip -selection clipboard -o 2> /dev/null)" ] && exit 0
done
echo "it is still there after 50 seconds"
exit 1
INSIDE
# half a minute, beside the other checks
{ as_user dbus-run-session -- xvfb-run -a bash /tmp/desktop.sh bash /tmp/copy.sh > "$work/copy.log" 2>&1; echo $? > "$work/copy.status"; } &
copying=$!
cat > "$root/tmp/window.sh" << 'INSIDE'
# starts the window, waits for it to be there, takes a picture; the arguments go to the program
softtoken "$@" > /home/u/window.log 2>&1 &
program=$!
for _ in $(seq 150); do
    id=$(xdotool search --onlyvisible --name "Soft Token" 2> /dev/null | head -1)
    [ -n "$id" ] && break
    kill -0 $program 2> /dev/null || break
    sleep 0.2
done
[ -n "$id" ] || { cat /home/u/window.log; exit 1; }
for _ in $(seq 150); do # the page that is there while the program starts is not what is waited for
    title=$(xdotool getwindowname "$id")
    case $title in "Soft Token" | Starting*) sleep 0.2 ;; *) break ;; esac
done
for _ in $(seq 50); do # a window that is mapped may not be painted yet: more than 20 colours is
    import -window "$id" /home/u/window.png
    [ "$(identify -format %k /home/u/window.png)" -gt 20 ] && break
    sleep 0.2
done
colours=$(identify -format %k /home/u/window.png)
kill $program
wait $program
[ "$colours" -gt 20 ] || { echo "nothing but $colours colours"; cat /home/u/window.log; exit 1; }
case $title in "Soft Token" | Starting*) echo "the window is still at: $title" && exit 1 ;; esac
! grep -i -E "traceback|could not load" /home/u/window.log
INSIDE
on_screen() { as_user dbus-run-session -- xvfb-run -a -s "-screen 0 1024x768x24" bash /tmp/window.sh "$@"; }
check "started from the menu, a link: a window" on_screen -- "otpauth://totp/Example:alice?secret=JBSWY3DPEHPK3PXP"
check "started from the menu, no link: a window" on_screen --
check "started from a terminal: a window" on_screen
cp "$root/home/u/window.png" "$work/window-$suite.png" 2> /dev/null && log "screenshot: $work/window-$suite.png"
cat > "$root/tmp/doctor.sh" << 'INSIDE'
softtoken doctor || exit 1
for measure in "no core dumps" "no tracing by other programs" "new files for this user only"; do
    softtoken doctor | grep "$measure: on" || exit 1
done
INSIDE
check "doctor: nothing needs attention, the process is hardened" on_desktop bash /tmp/doctor.sh
cat > "$root/tmp/backup.sh" << 'INSIDE'
# into another folder, by the file alone
printf 'correct horse battery\n' | softtoken backup /home/u/tokens.backup --backup-fd 0 || exit 1
printf 'correct horse battery\n' | softtoken --home /home/u/second restore /home/u/tokens.backup --backup-fd 0 || exit 1
softtoken --home /home/u/second list --json | grep alice && softtoken restore --list --json | grep '"whole": true'
INSIDE
check "a backup, restored elsewhere; a copy is kept" on_desktop bash /tmp/backup.sh
check "the history has it" on_desktop sh -c 'softtoken audit > /home/u/audit && grep BACKUP /home/u/audit'
cat > "$root/tmp/lock.sh" << 'INSIDE'
# the session's bus says that the screen was locked, and the window's title tells that it heard of it
softtoken > /home/u/window.log 2>&1 &
program=$!
trap 'kill $program' EXIT
for _ in $(seq 150); do
    dbus-send --session --type=signal / org.freedesktop.ScreenSaver.ActiveChanged boolean:true
    xdotool search --onlyvisible --name "locked.*Soft Token" && exit 0
    sleep 0.2
done
cat /home/u/window.log
exit 1
INSIDE
check "the screen is locked: so is the window" as_user dbus-run-session -- xvfb-run -a bash /tmp/desktop.sh bash /tmp/lock.sh
cat > "$root/tmp/finger.sh" << 'INSIDE'
# nobody is recognised, so the code is not sent to the server (which is not there); the reason is the argument
printf '190374\n' | softtoken activate --server http://127.0.0.1:9 --user alice --code 1EPW-1QKN-7XJ2-VHNE-X \
    --protection pin,biometric --pin-fd 0 --json | grep "\"biometric\": \"$1\""
INSIDE
check "fingers, no system bus: said so" on_desktop bash /tmp/finger.sh NO_SERVICE
in_root install -d /run/dbus
bus=$(in_root dbus-daemon --system --fork --print-pid)
check "fingers, no fprintd on the bus: said so" on_desktop bash /tmp/finger.sh NO_SERVICE
in_root apt-get install -y -qq --no-install-recommends fprintd polkitd > "$work/fprintd.log" 2>&1 || tail -3 "$work/fprintd.log"
check "fingers, a real fprintd without a reader: said so" on_desktop bash /tmp/finger.sh NO_READER
kill "$bus"
bus=
wait $copying
check "a code on the clipboard, cleared after its time" sh -c "cat '$work/copy.log'; exit $(cat "$work/copy.status")"
in_root update-desktop-database -q
for scheme in softtoken otpauth; do
    check "$scheme: links open it" as_user sh -c "test \"\$(xdg-mime query default x-scheme-handler/$scheme)\" = io.github.softtoken.SoftToken.desktop"
done
check "its icon in every size" in_root sh -c 'test "$(ls /usr/share/icons/hicolor/*/apps/io.github.softtoken.SoftToken.* | wc -l)" -ge 9'
check "its manual page" in_root sh -c 'man -w softtoken'

log "purging"
check "apt purges it" in_root apt-get purge -y -qq softtoken
for path in /usr/lib/softtoken /usr/bin/softtoken /usr/share/doc/softtoken /usr/share/applications/io.github.softtoken.SoftToken.desktop; do
    check "gone: $path" absent "$root$path"
done
check "what a user stored is still there" test -d "$root/home/u/vault"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
