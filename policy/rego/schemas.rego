# METADATA
# title: The shape of a question
# description: >
#   Every policy below this package is checked against the schema of the input
#   when it is compiled, so a misspelt key is an error and not a silent no.
# scope: subpackages
# schemas:
#   - input: schema.input
#   - data.reference: schema.reference
package signalbox
