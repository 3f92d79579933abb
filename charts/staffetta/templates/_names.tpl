{{/* Names and labels. Components are passed as (dict "root" $ "component" NAME). */}}
{{- define "staffetta.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "staffetta.componentName" -}}
{{ include "staffetta.fullname" .root }}-{{ .component }}
{{- end }}

{{- define "staffetta.releaseLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "staffetta.selectorLabels" -}}
{{ include "staffetta.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "staffetta.labels" -}}
{{ include "staffetta.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "staffetta.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The component whose pods serve what SERVICE serves: itself, or the one pod of all. */}}
{{- define "staffetta.homeOf" -}}
{{ ternary "all-in-one" .component .root.Values.allInOne.enabled }}
{{- end }}

{{/* The components that have pods, as JSON: one, or each service that is on. */}}
{{- define "staffetta.components" -}}
{{- $names := list }}
{{- if .Values.allInOne.enabled }}{{ $names = list "all-in-one" }}
{{- else }}
{{- range $name, $service := .Values.services }}
{{- $off := or (and (eq $name "api") (not $.Values.doors.api)) (and (eq $name "dashboard") (not $.Values.doors.dashboard)) }}
{{- if and $service.enabled (not $off) }}{{ $names = append $names $name }}{{ end }}
{{- end }}
{{- end }}
{{- toJson $names }}
{{- end }}

{{/* Whether the component SERVES (a service's name) in this release: "true" or nothing. */}}
{{- define "staffetta.serves" -}}
{{- $components := include "staffetta.components" .root | fromJsonArray }}
{{- if or (has .component $components) (has "all-in-one" $components) }}true{{ end }}
{{- end }}

{{- define "staffetta.adminSecret" -}}
{{ .Values.operator.existingSecret | default (printf "%s-operator" (include "staffetta.fullname" .)) }}
{{- end }}

{{- define "staffetta.tlsSecret" -}}
{{- if .Values.tls.existingSecret }}{{ .Values.tls.existingSecret }}
{{- else if .Values.tls.certManager.enabled }}{{ include "staffetta.fullname" . }}-tls{{ end }}
{{- end }}

{{/* Whether the cluster knows the kinds of the Prometheus operator: "true" or nothing. */}}
{{- define "staffetta.hasPrometheusOperator" -}}
{{- if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}true{{ end }}
{{- end }}
