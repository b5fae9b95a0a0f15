# SPDX-License-Identifier: Apache-2.0
# What both runs do, with the shell's own calls and those of small programs; $1 is an empty
# directory. Every rule of shapes.yaml has something here that matches and something that does not.
cd "$1"
mkdir -p in/a out/b/c in/./dots out//twice
for i in 1 2 3 4 5 6; do
	echo "line $i" > "in/f$i"
	chmod "64$i" "in/f$i"
	ln -s "f$i" "out/l$i"
done
cat in/f1 in/f2 | sort > out/all
chmod u+s in/f3
chmod 600 "$1/in/../in/f4"
mv in/f1 out/b/c/g1
mv out/l1 in/l1
cp in/f2 out/f2
ln in/f2 out/hard
rm in/f4 out/l2
rmdir in/a out/b 2>/dev/null
chown 1:2 in/f5 2>/dev/null
mkdir -m 700 "$1/in/absolute" "$1/out/absolute" "$1/in/../detour"
rm -f out/nothing "$1/out/nothing"
rmdir "$1/in/nothing" 2>/dev/null
rm "$1/in/f6"
rmdir "$1/in/absolute" "$1/in/../detour"
trap : TERM USR1
kill -0 $$
kill -USR1 $$
kill -TERM $$
echo error >&2
cat /nonexistent/one /nonexistent/two 2>/dev/null
/nonexistent/program 2>/dev/null
ls -l in out > listing
head -c 40000 /dev/zero > out/big
cat out/big > /dev/null
exit 0
