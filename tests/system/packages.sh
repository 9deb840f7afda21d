#!/bin/bash
# The Debian packages: they build, they can be built again to the same octets,
# and Debian's own checks have nothing to say about them.
#
# usage: packages.sh [-o] [DIR]
#
# DIR gets the packages, to be installed.  -o is for another Debian than the one
# they are written for: it builds them once only, attacks the service with its
# libraries, forgives that lintian knows another edition of the policy there, and
# other tags, and has nothing else for DIR.  Installs by apt what it needs, and
# speaks TAP.
# shellcheck disable=SC2317 # check() calls the functions
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
number=0
failed=0
other=
if [ "${1-}" = -o ]; then
	other=yes
	shift
fi

if [ "$(id -u)" -ne 0 ]; then
	echo "ok 1 - the packages # SKIP needs root, to install what builds them"
	echo "1..1"
	exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
first=$work/first
# A user ID that nobody else has: see tests/behaviour/own_user.py.
builder=$((60578 + $$ % 606))
# Longer, so that a path that got in anywhere moves what follows.
second=$work/second/in/another/directory

# check WHAT COMMAND...: a test; what the command said is shown if it fails.
check() {
	local what=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/log" 2>&1; then
		echo "ok $number - $what"
	else
		failed=1
		echo "not ok $number - $what"
		{
			# Each test that failed, with what it said.
			awk '/^not ok/ {shown = 1} /^(ok|PASS:)/ {shown = 0}
				shown' "$work/log" | head -n 200
			tail -n 40 "$work/log"
		} | sed 's/^/#   /'
	fi
}

install_needs() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q &&
		apt-get install -q -y --no-install-recommends \
			dpkg-dev git iproute2 lintian &&
		apt-get build-dep -q -y --no-install-recommends "$top"
}

# What git has of the tree, as a builder would get it.
take_source() (
	mkdir -p "$first/pingtls" "$second" && cd "$top" &&
		git ls-files -z |
		xargs -0 cp --parents --preserve=mode -t "$first/pingtls" &&
		cp -a "$first/pingtls" "$second" && chown -R "$builder:$builder" "$first"
)

build() (
	cd "$first/pingtls" &&
		unshare --net sh -c "ip link set lo up &&
			exec setpriv --reuid $builder --regid $builder \
				--clear-groups env HOME=/nonexistent \
				dpkg-buildpackage -us -uc"
)

build_again() (
	cd "$second/pingtls" && umask 027 &&
		TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 \
			DEB_BUILD_OPTIONS='nocheck parallel=1' dpkg-buildpackage -us -uc
)

same() {
	local file
	for file in "$first"/*.deb "$first"/*.dsc "$first"/*.tar.*; do
		cmp "$file" "$second/${file##*/}" || return
	done
}

# As root, with what the tests of the build have left.
attack() {
	TAKEOVER_AS_IS=yes make -s -C "$first/pingtls/tests" check \
		TESTS=takeover/takeover.py
}

# The tags that lintian is not to know, commas between.
suppressed() {
	{
		[ -z "$other" ] || echo alien-tag out-of-date-standards-version
		# On i386 the compiler has strings in its instructions, in
		# pieces that read as words spelled wrong.
		[ "$(dpkg --print-architecture)" = amd64 ] ||
			echo spelling-error-in-binary
	} | xargs | tr ' ' ,
}

lintian_is_silent() {
	local tags
	tags=$(suppressed)
	lintian --allow-root -I -E --pedantic \
		${tags:+--suppress-tags "$tags"} "$first"/*.changes &&
		! [ -s "$work/log" ]
}

# As README says, for the tests to unpack.
make_install() (
	mkdir "$work/source" && cd "$top" &&
		git ls-files -z | xargs -0 cp --parents -t "$work/source" &&
		cd "$work/source" && ./bootstrap &&
		sh -c "$(sed -n 's/^    \(\.\/configure .*\)/\1/p' README.md)" &&
		make -s -j"$(nproc)" && make -s install DESTDIR="$work/installed" &&
		mkdir -p "$1" && tar -C "$work/installed" -cf "$1/make-install.tar" .
)

# The commit before the changelog got the version that it has now.
before_this_version() {
	local version first
	version=$(dpkg-parsechangelog -l "$top/debian/changelog" -S Version) &&
		first=$(git -C "$top" log --format=%H -S"pingtls ($version)" \
			-- debian/changelog | tail -n 1) &&
		git -C "$top" rev-parse -q --verify "$first^"
}

# Of the version before, for an upgrade from it.
build_before() (
	mkdir -p "$work/before/pingtls" "$1/before" &&
		git -C "$top" archive "$2" | tar -x -C "$work/before/pingtls" &&
		cd "$work/before/pingtls" &&
		DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
			dpkg-buildpackage -us -uc -b &&
		cp "$work"/before/pingtls*_*.deb "$1/before" &&
		rm -f "$1"/before/*-dbgsym_*
)

hand_over() {
	mkdir -p "$1" && cp "$first"/pingtls*.deb "$1"
}

check "what builds the packages can be installed" install_needs
check "the source can be copied" take_source
check "they build and pass their tests, without root and without a network" build
if [ -z "$other" ]; then
	check "they build elsewhere" build_again
	check "both times to the same octets, the source package too" same
elif [ "$(dpkg --print-architecture)" = amd64 ]; then
	check "a session that was taken over harms no one but itself" attack
fi
check "lintian --pedantic has nothing to say" lintian_is_silent
if [ $# -gt 0 ]; then
	check "the packages are in $1" hand_over "$1"
fi
if [ $# -gt 0 ] && [ -z "$other" ]; then
	check "the source builds and installs as README says" make_install "$1"
	if before=$(before_this_version); then
		check "the version before builds" build_before "$1" "$before"
	else
		number=$((number + 1))
		echo "ok $number - the version before builds # SKIP its commit is not here"
	fi
fi
echo "1..$number"
exit "$failed"
