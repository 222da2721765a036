{{- define "shortlink-cluster.name" -}}
{{- $name := default .Release.Name .Values.name }}
{{- if or (gt (len $name) 40) (not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name)) }}
{{- fail (printf "the name of the cluster, %q, must be at most 40 of a-z, 0-9 and -, begin with a letter and end with a letter or digit: give another one as the value `name`" $name) }}
{{- end }}
{{- $name }}
{{- end }}

{{- define "shortlink-cluster.labels" -}}
{{- with .Values.labels }}
{{- toYaml . }}
{{ end -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: shortlink
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "shortlink-cluster.tokenSecret" -}}
{{- dig "apiTokens" "secretRef" "name" (printf "%s-admin-token" (include "shortlink-cluster.name" .)) .Values.spec }}
{{- end }}
