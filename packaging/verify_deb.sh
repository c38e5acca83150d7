#!/bin/bash
# Installs a .deb into a clean Debian, uses it there as an ordinary user, and purges it again.
#
#   packaging/verify_deb.sh FILE.deb [SUITE [WORK_FOLDER]]     as root; SUITE is bookworm unless told otherwise
#
# WORK_FOLDER (build/verify) keeps the clean root, so that the next run needs no debootstrap, and the screenshot.
# The mirror is the one that this machine's apt uses. Ends with "N passed, N failed".
# shellcheck disable=SC2001,SC2016
set -uo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
deb=$(realpath "${1:?which .deb?}")
suite=${2:-bookworm}
work=$(realpath -m "${3:-$here/../build/verify}")
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
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
as_user() { in_root setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs env HOME=/home/u USER=u XDG_RUNTIME_DIR=/home/u/run "$@"; }
unmount() { for each in proc sys dev; do mountpoint -q "$root/$each" && umount -l "$root/$each"; done; }
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

log "a screen, a keyring, a desktop"
in_root apt-get install -y -qq --no-install-recommends \
    xvfb xauth xdotool imagemagick desktop-file-utils xdg-utils dbus gnome-keyring man-db > "$work/extra.log" 2>&1 || tail -3 "$work/extra.log"
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
for _ in $(seq 50); do # a window that is mapped may not be painted yet: more than 20 colours is
    import -window "$id" /home/u/window.png
    [ "$(identify -format %k /home/u/window.png)" -gt 20 ] && break
    sleep 0.2
done
colours=$(identify -format %k /home/u/window.png)
kill $program
wait $program
[ "$colours" -gt 20 ] || { echo "nothing but $colours colours"; cat /home/u/window.log; exit 1; }
! grep -i -E "traceback|could not load" /home/u/window.log
INSIDE
on_screen() { as_user dbus-run-session -- xvfb-run -a -s "-screen 0 1024x768x24" bash /tmp/window.sh "$@"; }
check "started from the menu, a link: a window" on_screen -- "otpauth://totp/Example:alice?secret=JBSWY3DPEHPK3PXP"
check "started from the menu, no link: a window" on_screen --
check "started from a terminal: a window" on_screen
cp "$root/home/u/window.png" "$work/window-$suite.png" 2> /dev/null && log "screenshot: $work/window-$suite.png"
cat > "$root/tmp/keyring.sh" << 'INSIDE'
# a keyring like a desktop's, unlocked; then the product makes a vault, and a second run opens it again
printf 'password\n' | gnome-keyring-daemon --unlock --components=secrets --daemonize > /dev/null 2>&1
export SOFTTOKEN_HOME=/home/u/vault QT_QPA_PLATFORM=offscreen
printf 'otpauth://totp/Example:alice?secret=JBSWY3DPEHPK3PXP&issuer=Example\n' | softtoken add - || exit 1
softtoken list --json | grep alice
INSIDE
check "a vault whose key is in gnome-keyring" as_user dbus-run-session -- bash /tmp/keyring.sh
in_root update-desktop-database -q
for scheme in softtoken otpauth otpauth-migration; do
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
