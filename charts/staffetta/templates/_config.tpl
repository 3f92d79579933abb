{{/*
staffetta.yaml: what the values say in `config`, and what the chart knows itself. Secrets and what only the pod knows
are environment variables of the pod, which win over the file.
*/}}
{{- define "staffetta.config" -}}
{{- $config := deepCopy .Values.config }}
{{- $section := dict }}
{{- $_ := set $config "hostname" .Values.hostname }}
{{- $_ := set $config "dataDir" "/data" }}
{{- range $door, $keys := include "staffetta.doorKeys" . | fromJson }}
{{- range $key, $port := $keys }}
{{- $path := splitList "." $key }}
{{- $section = get $config (first $path) | default dict }}
{{- $_ := set $section (last $path) (ternary $port 0 (get $.Values.doors $door) | int) }}
{{- $_ := set $config (first $path) $section }}
{{- end }}
{{- end }}
{{- $telemetry := get $config "telemetry" | default dict }}
{{- $_ := set $telemetry "port" 9464 }}
{{- $_ := set $config "telemetry" $telemetry }}
{{- if include "staffetta.tlsSecret" . }}
{{- $_ := set $config "tls" (dict "certFile" "/etc/staffetta/tls/tls.crt" "keyFile" "/etc/staffetta/tls/tls.key") }}
{{- end }}
{{- $grpc := get $config "grpc" | default dict }}
{{- $_ := set $grpc "port" (ternary 0 9465 .Values.allInOne.enabled) }}
{{- if .Values.grpcTls.existingSecret }}
{{- $grpcTls := get $grpc "tls" | default dict }}
{{- $_ := set $grpcTls "certFile" "/etc/staffetta/grpc-tls/tls.crt" }}
{{- $_ := set $grpcTls "keyFile" "/etc/staffetta/grpc-tls/tls.key" }}
{{- $_ := set $grpcTls "caFile" "/etc/staffetta/grpc-tls/ca.crt" }}
{{- $_ := set $grpc "tls" $grpcTls }}
{{- end }}
{{- $_ := set $config "grpc" $grpc }}
{{- if or .Values.kafka.caSecret .Values.kafka.existingSecret }}
{{- $log := get $config "log" | default dict }}
{{- $kafka := get $log "kafka" | default dict }}
{{- $kafkaTls := get $kafka "tls" | default dict }}
{{- $kafkaSasl := get $kafka "sasl" | default dict }}
{{- if .Values.kafka.caSecret }}{{ $_ := set $kafkaTls "caFile" "/etc/staffetta/kafka/ca.crt" }}{{ end }}
{{- if .Values.kafka.existingSecret }}
{{- if .Values.kafka.certKey }}{{ $_ := set $kafkaTls "certFile" "/etc/staffetta/kafka/user.crt" }}{{ end }}
{{- if .Values.kafka.keyKey }}{{ $_ := set $kafkaTls "keyFile" "/etc/staffetta/kafka/user.key" }}{{ end }}
{{- if include "staffetta.hasKafkaPassword" . }}{{ $_ := set $kafkaSasl "passwordFile" "/etc/staffetta/kafka/password" }}{{ end }}
{{- end }}
{{- $_ := set $kafka "tls" $kafkaTls }}
{{- $_ := set $kafka "sasl" $kafkaSasl }}
{{- $_ := set $log "kafka" $kafka }}
{{- $_ := set $config "log" $log }}
{{- end }}
{{- $dashboard := get $config "dashboard" | default dict }}
{{- if include "staffetta.serves" (dict "root" . "component" "dashboard") }}
{{- $_ := set $dashboard "adminPasswordFile" "/etc/staffetta/operator/password" }}
{{- end }}
{{- $_ := set $config "dashboard" $dashboard }}
{{- toYaml $config }}
{{- end }}

{{- define "staffetta.hasKafkaPassword" -}}
{{- if ne (dig "log" "kafka" "sasl" "mechanism" "none" .Values.config) "none" }}true{{ end }}
{{- end }}

{{/* The ports of each door in the pod: unprivileged, the defaults of the configuration. */}}
{{- define "staffetta.doorKeys" -}}
{{- dict
  "mx" (dict "smtp.mxPort" 2525)
  "submission" (dict "smtp.submissionPort" 2587)
  "submissions" (dict "smtp.submissionsPort" 2465)
  "proxyMx" (dict "smtp.proxyMxPort" 2526)
  "proxySubmission" (dict "smtp.proxySubmissionPort" 2588)
  "proxySubmissions" (dict "smtp.proxySubmissionsPort" 2466)
  "imap" (dict "imap.port" 2143 "imap.tlsPort" 2993)
  "pop3" (dict "pop3.port" 2110 "pop3.tlsPort" 2995)
  "lmtp" (dict "lmtp.port" 2424)
  "api" (dict "api.port" 8025)
  "dashboard" (dict "dashboard.port" 8080)
  | toJson }}
{{- end }}

{{/* The open ports of a component's pods, as a JSON list of {name, port, door, proxy}; telemetry and gRPC are apart. */}}
{{- define "staffetta.doorPorts" -}}
{{- $all := list
  (dict "service" "ingress" "door" "mx" "name" "smtp" "port" 2525)
  (dict "service" "ingress" "door" "submission" "name" "submission" "port" 2587)
  (dict "service" "ingress" "door" "submissions" "name" "submissions" "port" 2465)
  (dict "service" "ingress" "door" "proxyMx" "name" "proxy-smtp" "port" 2526 "proxy" true)
  (dict "service" "ingress" "door" "proxySubmission" "name" "proxy-submit" "port" 2588 "proxy" true)
  (dict "service" "ingress" "door" "proxySubmissions" "name" "proxy-submits" "port" 2466 "proxy" true)
  (dict "service" "mailbox" "door" "imap" "name" "imap" "port" 2143)
  (dict "service" "mailbox" "door" "imap" "name" "imaps" "port" 2993)
  (dict "service" "mailbox" "door" "pop3" "name" "pop3" "port" 2110)
  (dict "service" "mailbox" "door" "pop3" "name" "pop3s" "port" 2995)
  (dict "service" "mailbox" "door" "lmtp" "name" "lmtp" "port" 2424)
  (dict "service" "api" "door" "api" "name" "api" "port" 8025)
  (dict "service" "dashboard" "door" "dashboard" "name" "dashboard" "port" 8080) }}
{{- $ports := list }}
{{- range $all }}
{{- $isHere := or (eq $.component "all-in-one") (eq $.component .service) }}
{{- if and $isHere (get $.root.Values.doors .door) }}{{ $ports = append $ports . }}{{ end }}
{{- end }}
{{- toJson $ports }}
{{- end }}

{{/* Seconds for which Kubernetes waits after SIGTERM: what preStop takes, the time to drain, and a minute to stop. */}}
{{- define "staffetta.graceSeconds" -}}
{{- add .Values.preStopSeconds (ceil (divf (get .Values.config "drainMs" | default 600000) 1000)) 60 }}
{{- end }}

{{/* Mebibytes of a memory limit such as 512Mi or 2Gi. */}}
{{- define "staffetta.mebibytes" -}}
{{- if hasSuffix "Gi" . }}{{ mul (trimSuffix "Gi" . | int64) 1024 }}{{ else }}{{ trimSuffix "Mi" . | int64 }}{{ end }}
{{- end }}

{{/*
Heap of Node, which counts buffers outside of it too (bin/staffetta.js): three quarters of the limit, half of it where an
embedded PostgreSQL lives in the same container. (dict "limit" LIMIT "isShared" BOOL)
*/}}
{{- define "staffetta.heapMebibytes" -}}
{{- $mebibytes := include "staffetta.mebibytes" .limit | int64 }}
{{- ternary (div $mebibytes 2) (div (mul $mebibytes 3) 4) .isShared }}
{{- end }}
