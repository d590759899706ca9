#!/bin/sh
# Stands for an agent with a model: gets a prompt on stdin, shares a notebook with the others, prints what it has to say.
prompt=$(cat)
patch=patch.diff

note() { memfabric notebook write "$1" --retry-key "$MEMFABRIC_STEP: $1" >&2; }
# The first so many notes of the run: waits until there are as many.
notes() {
  until [ "$(memfabric notebook entries | wc -l)" -ge "$1" ]; do sleep 0.1; done
  memfabric notebook entries | head -n "$1" | cut -f 3- | tr '\t' ' '
}

case "$MEMFABRIC_STEP" in
  security)
    line=$(grep -n 'db.query(`' "$patch" | cut -d : -f 1)
    note "$patch:$line: a name goes into the query as it is"
    # Still at work when the others hear of it.
    notes 3 > /dev/null
    echo "anybody can send a query of their own ($patch:$line)"
    ;;
  performance)
    # Both have begun together, so no prompt could have this.
    heard=$(notes 1)
    note "one query for each name, in the loop that security is about; one query with parameters mends both"
    printf '%s\n' "a query for each name. I was told: $heard"
    ;;
  tests)
    heard=$(notes 2 | wc -l)
    note "no test has a name with a quote in it"
    echo "a test of a name with a quote, after $((heard)) notes of others"
    ;;
  summary)
    echo "The patch is not ready."
    echo
    printf '%s\n' "$prompt" | grep -e '^security: ' -e '^performance: ' -e '^tests: '
    echo
    echo "Noted on the way:"
    printf '%s\n' "$prompt" | sed -n 's/^\[[^]]*\] /- /p'
    ;;
esac
