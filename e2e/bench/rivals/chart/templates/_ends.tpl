{{/* What an end of an edge is called in the name of an object of namespace .own. */}}
{{- define "policies.name" -}}
{{- $pods := index .values.pods .end -}}
{{- if not $pods -}}
{{- (index .values.addresses .end).name -}}
{{- else if eq $pods.namespace .own -}}
{{- $pods.name -}}
{{- else -}}
{{- $pods.namespace }}.{{ $pods.name -}}
{{- end -}}
{{- end -}}

{{/* The peers that an end of an edge is in an object of namespace .own. */}}
{{- define "policies.peers" -}}
{{- $pods := index .values.pods .end -}}
{{- if not $pods -}}
{{- range (index .values.addresses .end).blocks }}
- ipBlock:
    {{- toYaml . | nindent 4 }}
{{- end -}}
{{- else if eq $pods.namespace .own }}
- podSelector:
    {{- include "policies.selector" $pods | nindent 4 }}
{{- else }}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ $pods.namespace }}
  {{- if $pods.labels }}
  podSelector:
    {{- include "policies.selector" $pods | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "policies.selector" -}}
{{- if .labels -}}
matchLabels:
  {{- toYaml .labels | nindent 2 }}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{- define "policies.dns" -}}
- to:
  - namespaceSelector:
      matchLabels:
        kubernetes.io/metadata.name: {{ .namespace }}
    podSelector:
      matchLabels:
        {{- toYaml .labels | nindent 8 }}
  ports:
  - port: 53
    protocol: TCP
  - port: 53
    protocol: UDP
{{- end -}}
